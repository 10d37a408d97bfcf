using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ReuseportPS.Bench.Peers;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Bench;

/// <summary>
/// <c>bench -- policies-clang [kernel]</c>: compiled policies beside what clang makes of C that does the same (bench/programs/policies): instructions and, with
/// <c>kernel</c>, nanoseconds of a run in the kernel (<see cref="PolicyKernelTimes"/>). Written into bench/RESULTS.md.
/// </summary>
internal static class PoliciesClangCommand
{
    private static readonly string[] s_compilers = ["clang", "clang-19", "clang-16", "clang-14"];

    public static int Run(bool inKernel)
    {
        string? clang = s_compilers.FirstOrDefault(name => Start(name, "--version") == 0);
        if (clang is null)
        {
            Console.Error.WriteLine("There is no clang. Install the package clang.");
            return 1;
        }

        OneProcessor.Take();
        using PolicyKernelTimes? kernel = inKernel ? new PolicyKernelTimes() : null;
        StringBuilder table = new();
        table.Append(CultureInfo.InvariantCulture, $"""
            ## Policies beside clang

            Written by `dotnet run -c Release --project bench -- policies-clang{(inKernel ? " kernel" : "")}`; do not edit. {DateTime.UtcNow:yyyy-MM-dd}. Instructions of a policy's program, and of what
            clang -O2 -mcpu=v3 makes of C that decides and counts the same (`bench/programs/policies`).{(inKernel ? PolicyKernelTimes.Explanation : "")}

            | policy | compiled | clang | ratio |{(inKernel ? " compiled, ns | clang, ns | ratio |" : "")}
            |---|---|---|---|{(inKernel ? "---|---|---|" : "")}

            """);
        foreach ((string name, string text) in Policies())
        {
            PolicyReading reading = PolicyYaml.Read(text);
            CompiledPolicy compiled = PolicyCompiler.Compile(reading.Policy ?? throw new DiagnosticException(reading.Diagnostics), PolicyKernelTimes.Slots).Compiled!;
            int own = compiled.Program.InstructionSlots;
            string target = CompileC(clang, name);
            int other = ReadSteer(target);
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {own} | {other} | {(double)own / other:0.00} |");
            if (kernel is not null)
            {
                (double ownTime, double otherTime) = kernel.Measure(compiled, target);
                table.Append(CultureInfo.InvariantCulture, $" {ownTime:0.0} | {otherTime:0.0} | {ownTime / otherTime:0.00} |");
            }

            table.Append('\n');
        }

        Console.WriteLine(table);
        ResultsPage.WritePolicies(Path.Combine(BenchFiles.Folder, "RESULTS.md"), table.ToString());
        return 0;
    }

    private static IEnumerable<(string Name, string Text)> Policies()
    {
        yield return ("hash", "otherwise: { by: hash }");
        yield return ("weighted", "otherwise: { by: weighted, weights: { 0: 5, 1: 10, 2: 15, 3: 20, 4: 5, 5: 10, 6: 15, 7: 20 } }");
        StringBuilder list = new("lists:\n  clients:\n");
        for (int i = 0; i < 10_000; i++)
        {
            list.Append(CultureInfo.InvariantCulture, $"    - 10.{i >> 8}.{i & 255}.0/24\n");
        }

        yield return ("prefixes", list.Append("rules:\n  - when: { source: clients }\n    steer: { by: slot, slot: 7 }\notherwise: { by: hash }\n").ToString());
        yield return ("quic", "otherwise: { by: connection-id, length: 8, worker: { at: 0, bits: 8 } }");
        yield return ("sticky", "otherwise: { by: hash, sticky: { entries: 65536, idle: 120s } }");
        StringBuilder rules = new("rules:\n");
        for (int i = 0; i < 50; i++)
        {
            rules.Append(CultureInfo.InvariantCulture, $"  - when: {{ source: 10.{i}.0.0/16, destination-port: 443 }}\n    steer: {{ by: slot, slot: {i % 8} }}\n");
        }

        yield return ("rules", rules.Append("otherwise: { by: hash }\n").ToString());
    }

    private static string CompileC(string clang, string name)
    {
        string source = Path.Combine(BenchFiles.Folder, "programs", "policies", name + ".c");
        string target = Path.Combine(BenchFiles.Output, name + ".policy.o");
        if (Start(clang, "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall", "-c", source, "-o", target) != 0)
        {
            throw new InvalidOperationException($"{clang} did not compile {source}.");
        }

        return target;
    }

    // The size of the program's section: the objects are made to be counted, not to be read as programs.
    private static int ReadSteer(string path)
    {
        ReadOnlySpan<byte> file = File.ReadAllBytes(path);
        ReadOnlySpan<byte> header = file[..64];
        int at = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[0x28..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[0x3a..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[0x3c..]);
        int names = (int)BinaryPrimitives.ReadUInt64LittleEndian(file[(at + (size * BinaryPrimitives.ReadUInt16LittleEndian(header[0x3e..])) + 0x18)..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> section = file.Slice(at + (size * i), size);
            ReadOnlySpan<byte> name = file[(names + (int)BinaryPrimitives.ReadUInt32LittleEndian(section))..];
            if (name.StartsWith("sk_reuseport\0"u8))
            {
                return (int)(BinaryPrimitives.ReadUInt64LittleEndian(section[0x20..]) / InstructionCodec.SlotSize);
            }
        }

        throw new InvalidOperationException($"{path} has no program.");
    }

    private static int Start(string file, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
