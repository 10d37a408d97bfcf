using CsCheck;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Tests.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Yaml;

public sealed class PolicyYamlTests
{
    private const string Text = """
        version: 1
        policy: web
        protocol: udp
        slots:
          stable: 0-5
          canary: [6, 7]
        lists:
          office: [10.0.0.0/8, '2001:db8::/32']
        rules:
          - name: office to canary
            when: { source: office }
            steer: { to: canary, by: hash, key: source }
          - name: no privileged source ports
            when: { source-port: 0-1023 }
            reject: true
        otherwise:
          to: [stable, 7]
          by: hash
          key: [source, source-port]
          seed: 9
        on-miss: { slot: 7 }

        """;

    private static readonly SteeringPolicy s_model = new()
    {
        Name = "web",
        Protocol = PolicyProtocol.Udp,
        Slots = [new NamedSlots("stable", [SlotItem.Of(0, 5)]), new NamedSlots("canary", [SlotItem.Of(6), SlotItem.Of(7)])],
        Lists = [new AddressList("office", [new AddressPrefix(IpFamily.V4, 0x0a000000, 8), new AddressPrefix(IpFamily.V6, (UInt128)0x20010db8 << 96, 32)])],
        Rules =
        [
            new PolicyRule("office to canary", new PolicyMatch { Source = new AddressMatch([], ["office"]) }, new SteerAction(new HashBalancer([SlotItem.Of("canary")], HashKey.Source))),
            new PolicyRule("no privileged source ports", new PolicyMatch { SourcePorts = [new PortRange(0, 1023)] }, new RejectAction()),
        ],
        Otherwise = new SteerAction(new HashBalancer([SlotItem.Of("stable"), SlotItem.Of(7)], HashKey.Source | HashKey.SourcePort, 9)),
        OnMiss = new MissAction(MissKind.Slot, SlotItem.Of(7)),
    };

    [Fact]
    public void Text_gives_the_model()
    {
        PolicyReading reading = PolicyYaml.Read(Text, "web.yaml");
        Assert.Empty(reading.Diagnostics);
        Assert.Equal(s_model, reading.Policy);
        Assert.Equal("web.yaml:13:5", reading.Policy!.Places.Find("rules[1]")?.ToString());
        Assert.Equal("web.yaml:14:5", reading.Policy.Places.Find("rules[1].when")?.ToString());
        Assert.Equal("web: udp, 2 rules, otherwise hash over stable, 7, on miss slot 7", reading.Policy.ToString());
    }

    [Fact]
    public void Model_gives_a_text_that_reads_well() => Assert.Equal(
        """
        version: 1
        policy: web
        protocol: udp
        slots:
          stable: 0-5
          canary: [6, 7]
        lists:
          office: [10.0.0.0/8, '2001:db8::/32']
        rules:
        - name: office to canary
          when: {source: office}
          steer: {by: hash, to: canary, key: source}
        - name: no privileged source ports
          when: {source-port: 0-1023}
          reject: true
        otherwise:
          by: hash
          to: [stable, 7]
          key: [source, source-port]
          seed: 9
        on-miss:
          slot: 7

        """,
        PolicyYaml.Write(s_model));

    [Fact]
    public void Least_policy_has_defaults()
    {
        SteeringPolicy? policy = PolicyYaml.Read("otherwise: { by: hash }").Policy;
        Assert.Equal(new SteeringPolicy { Otherwise = new SteerAction(new HashBalancer([])) }, policy);
        Assert.Equal(policy, PolicyYaml.Read("\uFEFFversion: 1\r\npolicy: unnamed\r\nprotocol: any\r\notherwise: { by: hash, key: 4-tuple, seed: 0 }\r\non-miss: next\r\n").Policy);
    }

    [Fact]
    public void Random_policies_survive_writing_and_reading() => PolicyGen.Case.Sample(
        test =>
        {
            PolicyReading reading = PolicyYaml.Read(PolicyYaml.Write(test.Policy));
            Assert.DoesNotContain(reading.Diagnostics, d => d.Severity == DiagnosticSeverity.Error);
            Assert.Equal(test.Policy, reading.Policy);
        },
        iter: 2000,
        print: test => CasePrinter.Show(test.Policy, test.SlotCount));

    [Theory]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("true")]
    [InlineData("12")]
    [InlineData("a: b")]
    [InlineData("- a")]
    [InlineData("#a")]
    [InlineData(" a ")]
    [InlineData("'a'")]
    [InlineData("<<")]
    [InlineData("&a")]
    [InlineData("ä 漢 🙂")]
    public void Names_survive_writing_and_reading(string name)
    {
        SteeringPolicy policy = new() { Name = name, Otherwise = new RejectAction(), Rules = [new PolicyRule(name, new PolicyMatch { Family = IpFamily.V4 }, new RejectAction())] };
        PolicyReading reading = PolicyYaml.Read(PolicyYaml.Write(policy));
        Assert.Equal(policy, reading.Policy);
    }

    [Fact]
    public void Damaged_texts_give_diagnostics_and_nothing_else() =>
        Gen.Select(Gen.Int[0, Text.Length], Gen.Int[0, 12], Gen.String[Gen.Char["{}[]:,-#&*!|>'\"%@`? \t\n0a~<\uFEFF\u0000\u0085"], 0, 6].Array[1, 3]).Sample(
            (at, removed, inserted) =>
            {
                string damaged = Text;
                foreach (string part in inserted)
                {
                    int from = (int)((uint)(at *= 31) % (damaged.Length + 1));
                    damaged = damaged.Remove(from, Math.Min(removed, damaged.Length - from)).Insert(from, part);
                }

                PolicyReading reading = PolicyYaml.Read(damaged);
                Assert.Equal(reading.Policy is null, reading.Diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error));
                Assert.All(reading.Diagnostics.Where(d => d.Code != PolicyDiagnostics.MoreFindings.Code), d => Assert.NotNull(d.Location?.Line));
                if (reading.Policy is not null)
                {
                    Assert.Equal(reading.Policy, PolicyYaml.Read(PolicyYaml.Write(reading.Policy)).Policy);
                }
            },
            iter: 50_000);
}
