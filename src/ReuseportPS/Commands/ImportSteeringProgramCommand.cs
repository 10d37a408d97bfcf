using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>Import-SteeringProgram: reads programs from object files, assembler text, bytes, and classic BPF.</summary>
[Cmdlet(VerbsData.Import, "SteeringProgram", DefaultParameterSetName = "Path")]
[OutputType(typeof(SteeringProgram), typeof(ClassicSteeringProgram))]
public sealed class ImportSteeringProgramCommand : FileCmdlet
{
    /// <summary>How the file keeps the program; by default what its first bytes and its name say.</summary>
    [Parameter]
    public SteeringProgramFormat Format { get; set; }

    /// <summary>Only programs of these names; wildcards are allowed. An object file may have several.</summary>
    [Parameter]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>A file with the types of the kernel that an object file is read for, such as /sys/kernel/btf/vmlinux: for CO-RE and kernel functions.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KernelBtf { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessFile(string path)
    {
        WildcardPattern[] patterns = [.. Name.Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase))];
        bool isWanted(string name) => patterns.Any(pattern => pattern.IsMatch(name));
        if (ProgramFile.ReadClassic(path, Format) is { } classic)
        {
            if (isWanted(classic.Name))
            {
                WriteObject(classic);
            }

            return;
        }

        (IReadOnlyList<SteeringProgram> programs, IReadOnlyList<Diagnostic> findings) = ProgramFile.Read(
            path, Format, KernelBtf is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(KernelBtf));
        WriteFindings(findings);
        WriteObject(programs.Where(program => isWanted(program.Name)), enumerateCollection: true);
    }
}
