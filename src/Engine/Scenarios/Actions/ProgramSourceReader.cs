using System.Collections.Immutable;
using System.Text;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Policies.Documents;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>Reads the program of a step, wherever it is written.</summary>
internal static class ProgramSourceReader
{
    private const int DefaultSlots = 4;

    public static IProgramSource? Read(ActionFields fields)
    {
        IProgramSource? source = fields.OneOf("text", "file", "policy", "policy-file", "classic") switch
        {
            "text" => FromText(fields, "text", fields.Get<string>("text"), null),
            "file" => FromFile(fields),
            "policy" => FromPolicy(fields, "policy", fields.Get<DocumentMap>("policy")),
            "policy-file" => FromPolicyFile(fields),
            "classic" => FromClassic(fields),
            _ => null,
        };
        foreach (string map in source switch
        {
            SpecSource spec => spec.Spec.Maps.Select(map => map.Name),
            CollectionSource collection => collection.Collection.Maps.Select(map => map.Name),
            PolicySource => ["seats"],
            _ => Enumerable.Empty<string>(),
        })
        {
            fields.Context.Names.DeclareMap(map);
        }

        return source;
    }

    private static SpecSource? FromText(ActionFields fields, string key, string text, string? file)
    {
        string name = new([.. fields.Get<string>("name").Take(15).Select(letter => letter == '-' ? '_' : letter)]);
        ProgramReading reading = ProgramText.Read(text, file, name);
        return reading.Program is null ? Refuse<SpecSource>(fields, key, reading.Diagnostics) : new SpecSource(reading.Program);
    }

    private static IProgramSource? FromFile(ActionFields fields)
    {
        string file = fields.Get<string>("file");
        if (ReadFile(fields, "file") is not { } bytes)
        {
            return null;
        }

        if (!bytes.AsSpan().StartsWith("\u007fELF"u8))
        {
            return FromText(fields, "file", Encoding.UTF8.GetString(bytes), file);
        }

        ElfObject read = ElfObject.Read(bytes, fields.Get<string>("name"));
        if (!read.Succeeded)
        {
            return Refuse<IProgramSource>(fields, "file", read.Diagnostics);
        }

        ImmutableArray<string> names = [.. read.Programs.Select(program => program.Name)];
        int index = names.Length == 1 && !fields.Has("select") ? 0 : names.IndexOf(fields.Get("select", ""));
        if (index < 0)
        {
            fields.Report(ScenarioDiagnostics.BadProgram, "file", $"'{file}' has the programs {FindingLog.Quote(names)}.", "Say which with 'select'.");
            return null;
        }

        return new CollectionSource(read.Collection, index);
    }

    private static PolicySource? FromPolicyFile(ActionFields fields)
    {
        if (ReadFile(fields, "policy-file") is not { } bytes)
        {
            return null;
        }

        (DocumentNode? document, Diagnostic? problem) = fields.Context.Inputs.ReadYaml(Encoding.UTF8.GetString(bytes), fields.Get<string>("policy-file"));
        return document is null ? Refuse<PolicySource>(fields, "policy-file", [problem!]) : FromPolicy(fields, "policy-file", document);
    }

    private static PolicySource? FromPolicy(ActionFields fields, string key, DocumentNode document)
    {
        PolicyReading reading = PolicyDocument.Read(document);
        if (reading.Policy is null)
        {
            return Refuse<PolicySource>(fields, key, reading.Diagnostics);
        }

        PolicyCompilation compilation = PolicyCompiler.Compile(reading.Policy, (int)Math.Clamp(fields.Number("slots") ?? DefaultSlots, 0, int.MaxValue));
        return compilation.Compiled is null ? Refuse<PolicySource>(fields, key, compilation.Diagnostics) : new PolicySource(compilation.Compiled);
    }

    private static ClassicSource? FromClassic(ActionFields fields)
    {
        ClassicReading reading = ClassicProgram.FromText(fields.Get<string>("classic"));
        return reading.Program is null ? Refuse<ClassicSource>(fields, "classic", reading.Diagnostics) : new ClassicSource(reading.Program);
    }

    private static byte[]? ReadFile(ActionFields fields, string key)
    {
        byte[]? bytes = fields.Context.Inputs.ReadFile(fields.Get<string>(key));
        if (bytes is null)
        {
            fields.Report(ScenarioDiagnostics.NoFile, key, $"'{fields.Get<string>(key)}' cannot be read.");
        }

        return bytes;
    }

    private static T? Refuse<T>(ActionFields fields, string key, ImmutableArray<Diagnostic> findings)
        where T : class
    {
        Diagnostic first = findings.First(finding => finding.Severity == DiagnosticSeverity.Error);
        string place = first.Location?.ToString() is { Length: > 0 } text ? $" ({text} of it)" : "";
        fields.Report(ScenarioDiagnostics.BadProgram, key, $"Program '{fields.Get<string>("name")}': {first.Message}{place} [{first.Code}]", first.Remedy);
        return null;
    }
}
