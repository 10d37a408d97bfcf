using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Policies;

public sealed class PolicyCompilerTests
{
    private const string Text = """
        policy: p
        slots: { a: 0-1 }
        lists: { office: [10.0.0.0/8], lab: ['2001:db8::/32'] }
        rules:
          - { name: office, when: { source: office }, steer: { by: weighted, weights: { 0: 90, 1: 10 } } }
          - { name: lab, when: { source: [lab, 192.0.2.1] }, steer: { by: hash, to: [0, 2] } }
        otherwise: { by: hash, to: a }

        """;

    /// <summary>The weighted table and four on standby; two choices between two slots, each with spare and standby entries.</summary>
    private const int TableEntries = 1021 + 4 + (2 * (2 + 127 + 2));

    [Theory]
    [InlineData("0: 90, 1: 10", "0: 1, 3: 7, 2: 0")]
    [InlineData("office: [10.0.0.0/8]", "office: []")]
    [InlineData("office: [10.0.0.0/8]", "office: [10.0.0.0/8, 10.0.0.0/9, '::/0', 172.16.0.0/12]")]
    [InlineData("policy: p", "policy: q")]
    [InlineData("name: lab", "name: laboratory")]
    public void Weights_lists_and_names_are_data(string old, string replacement)
    {
        CompiledPolicy before = Compile(Text);
        CompiledPolicy after = Compile(Text.Replace(old, replacement, StringComparison.Ordinal));
        Assert.Equal(before.Program.Instructions, after.Program.Instructions);
        Assert.Equal(old.StartsWith("policy", StringComparison.Ordinal) ? PolicyChange.None : PolicyChange.Data, after.ChangeFrom(before));
        Assert.Equal(PolicyChange.None, after.ChangeFrom(after));
    }

    [Theory]
    [InlineData("by: hash, to: a", "by: hash, to: a, seed: 1")]
    [InlineData("to: [0, 2]", "to: [0, 2, 3]")]
    [InlineData("192.0.2.1", "192.0.2.2")]
    [InlineData("policy: p", "protocol: udp")]
    [InlineData("policy: p", "on-miss: kernel")]
    public void Everything_else_is_the_program(string old, string replacement) =>
        Assert.Equal(PolicyChange.Program, Compile(Text.Replace(old, replacement, StringComparison.Ordinal)).ChangeFrom(Compile(Text)));

    [Fact]
    public void Number_of_slots_is_the_program() => Assert.Equal(PolicyChange.Program, Compile(Text, 5).ChangeFrom(Compile(Text, 4)));

    [Fact]
    public void Maps_are_as_the_kernel_needs_them()
    {
        CompiledPolicy policy = Compile(Text);
        MapSpec At(int index) => policy.Program.Maps[index];
        Assert.Equal((MapType.ReuseportSockArray, 8, 32768), (At(policy.Maps.Seats).Type, At(policy.Maps.Seats).ValueSize, At(policy.Maps.Seats).MaxEntries));
        Assert.Equal((MapType.Array, 4, 1, MapFlags.Mmapable), (At(policy.Maps.Epoch).Type, At(policy.Maps.Epoch).ValueSize, At(policy.Maps.Epoch).MaxEntries, At(policy.Maps.Epoch).Flags));
        Assert.Equal((MapType.ArrayOfMaps, 2), (At(policy.Maps.Tables).Type, At(policy.Maps.Tables).MaxEntries));
        Assert.Equal((MapType.ArrayOfMaps, 2 * policy.Bank.Lists.Length), (At(policy.Maps.Lists).Type, At(policy.Maps.Lists).MaxEntries));
        Assert.Equal(TableEntries, Assert.Single(policy.Bank.Tables).MaxEntries);
        Assert.All(policy.Bank.Tables, t => Assert.Equal(MapFlags.InnerMap, t.Flags));
        Assert.Equal(2, policy.Bank.Lists.Length);
        Assert.All(policy.Program.Maps.Concat(policy.Bank.Tables).Concat(policy.Bank.Lists), m => Assert.Matches("^[A-Za-z0-9_]{1,15}$", m.Name));
        Assert.Equal((ProgramType.SkReuseport, AttachType.SkReuseportSelect), (policy.Program.Type, policy.Program.ExpectedAttachType));
    }

    [Fact]
    public void Memory_is_what_the_maps_hold()
    {
        CompiledPolicy policy = Compile(Text);
        long shared = (32768 * 8) + 8 + (2 * 8) + (4 * 8);
        long banks = 2 * ((TableEntries * 8) + (2 * 28));
        long perCpu = (policy.Counters.Fields.Length * 8) + (4 * 8);
        Assert.Equal(shared + banks + perCpu, policy.MemoryBytes(1));
        Assert.Equal(shared + banks + (64 * perCpu), policy.MemoryBytes(64));
    }

    [Theory]
    [InlineData("otherwise: { by: slot, slot: 4 }", 4, "RPS4023", "Slot 4 of 'otherwise' does not exist: the group has 4 slots, 0 to 3.")]
    [InlineData("otherwise: { by: hash, to: 0-7 }", 4, "RPS4023", "Slot 7 of 'otherwise' does not exist: the group has 4 slots, 0 to 3.")]
    [InlineData("otherwise: { by: hash }\non-miss: { slot: 1 }", 1, "RPS4023", "Slot 1 of 'on-miss' does not exist: the group has 1 slot, 0.")]
    [InlineData("otherwise: { by: hash }", 0, "RPS4042", "The number of slots is 0.")]
    [InlineData("otherwise: { by: hash }", 32769, "RPS4042", "The number of slots is 32769.")]
    public void Group_that_does_not_fit_is_refused(string text, int slotCount, string code, string message)
    {
        PolicyCompilation compilation = PolicyCompiler.Compile(PolicyYaml.Read(text).Policy!, slotCount);
        Assert.Null(compilation.Compiled);
        Diagnostic error = Assert.Single(compilation.Diagnostics);
        Assert.Equal((code, message), (error.Code, error.Message));
    }

    [Fact]
    public void Tables_that_are_too_large_together_are_refused()
    {
        string rules = string.Concat(Enumerable.Range(0, 3).Select(i => $"  - {{ when: {{ source-port: {i} }}, steer: {{ by: weighted, weights: {{ 0: 1 }} }} }}\n"));
        SteeringPolicy policy = PolicyYaml.Read($"otherwise: {{ by: hash }}\nrules:\n{rules}").Policy!;
        Assert.NotNull(PolicyCompiler.Compile(policy, 512).Compiled);
        PolicyCompilation refused = PolicyCompiler.Compile(policy, 513);
        Assert.Null(refused.Compiled);
        Assert.Equal(PolicyDiagnostics.TablesTooLarge.Code, Assert.Single(refused.Diagnostics).Code);
    }

    [Fact]
    public void Weights_finer_than_the_table_are_warned_about()
    {
        PolicyCompilation compilation = PolicyCompiler.Compile(PolicyYaml.Read("otherwise: { by: weighted, weights: { 0: 100000, 1: 1 } }").Policy!, 4);
        Diagnostic warning = Assert.Single(compilation.Diagnostics);
        Assert.Equal(PolicyDiagnostics.WeightsTooFine.Code, warning.Code);
        Assert.Equal("Slot 1 should have 0.001 % in 'otherwise' and gets 0.0979 %: the table has 1021 entries.", warning.Message);
        Assert.NotNull(compilation.Compiled);
    }

    [Fact]
    public void Actions_with_one_key_share_their_code()
    {
        SteeringPolicy policy = LargePolicies.ManyRules;
        Assert.Equal(PolicyValidator.MostRules, policy.Rules.Count);
        Assert.InRange(PolicyCompiler.Compile(policy, 32768).Compiled!.Program.Instructions.Length, 0, 10 * PolicyValidator.MostRules);
    }

    [Fact]
    public void More_tests_than_the_kernel_follows_are_refused()
    {
        Assert.NotNull(PolicyCompiler.Compile(LargePolicies.ManyConditions(3900), 4).Compiled);
        PolicyCompilation refused = PolicyCompiler.Compile(LargePolicies.ManyConditions(4000), 4);
        Assert.Null(refused.Compiled);
        Assert.Equal(PolicyDiagnostics.TooManyRules.Code, Assert.Single(refused.Diagnostics).Code);
    }

    [Fact]
    public void More_flow_tables_than_a_program_can_have_maps_are_refused()
    {
        Assert.NotNull(Policy(PolicyValidator.MostFlowTables).Policy);
        Assert.Equal(PolicyDiagnostics.BadFlowTable.Code, Assert.Single(Policy(PolicyValidator.MostFlowTables + 1).Diagnostics).Code);

        static PolicyReading Policy(int tables) => PolicyYaml.Read("otherwise: { by: hash }\nrules:\n" + string.Concat(Enumerable.Range(0, tables).Select(i =>
            $"  - {{ when: {{ source-port: {i} }}, steer: {{ by: hash, sticky: {{ entries: 10, idle: 1s }} }} }}\n")));
    }

    [Fact]
    public void Many_ports_are_one_test() =>
        Assert.InRange(PolicyCompiler.Compile(LargePolicies.ManyPorts, 4).Compiled!.Program.Instructions.Length, 0, 600);

    [Fact]
    public void Passing_program_refers_to_the_seats_and_passes()
    {
        Assert.Equal(3, PassingProgram.Spec.Instructions.Length);
        Assert.Equal(MapType.ReuseportSockArray, Assert.Single(PassingProgram.Spec.Maps).Type);
    }

    private static CompiledPolicy Compile(string text, int slotCount = 4)
    {
        PolicyReading reading = PolicyYaml.Read(text);
        Assert.True(reading.Policy is not null, string.Join('\n', reading.Diagnostics));
        return PolicyCompiler.Compile(reading.Policy, slotCount).Compiled!;
    }
}
