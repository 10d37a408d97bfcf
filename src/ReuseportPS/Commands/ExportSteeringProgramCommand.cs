using System.Management.Automation;
using System.Text;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>Export-SteeringProgram: writes a program into a file, as text or as bytes.</summary>
[Cmdlet(VerbsData.Export, "SteeringProgram", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportSteeringProgramCommand : ReuseportCmdlet
{
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>The file; {0} in its name stands for the name of the program, so that several can be written.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>A program, a policy, or the path of a file with one of these.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    public object InputObject { get; set; } = null!;

    /// <summary>Assembly, or Bytes: the instructions alone, without maps. By default what the file's name says: .bin is Bytes.</summary>
    [Parameter]
    public SteeringProgramFormat Format { get; set; }

    /// <summary>Slots of the group that a policy is compiled for; by default the least power of two that it can be applied to.</summary>
    [Parameter]
    [ValidateRange(1, 32768)]
    public int SlotCount { get; set; }

    /// <summary>Does not overwrite a file.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Returns the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => GuardFile(InputObject, () =>
    {
        foreach (SteeringProgram program in ProgramInput.Read(InputObject, SlotCount, SessionState.Path.GetUnresolvedProviderPathFromPSPath))
        {
            string file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path.Replace("{0}", program.Name, StringComparison.Ordinal));
            if (!_written.Add(file))
            {
                WriteError(new ErrorRecord(
                    new PSArgumentException($"'{file}' was just written, with another program. Put {{0}} into the name: it stands for the program's."), "FileWrittenTwice", ErrorCategory.InvalidArgument, program));
                continue;
            }

            GuardFile(program, () => Write(program, file), writes: true);
        }
    });

    private void Write(SteeringProgram program, string file)
    {
        SteeringProgramFormat format = Format == SteeringProgramFormat.Auto ? ProgramFile.FormatOf(file) : Format;
        if (format is SteeringProgramFormat.Object or SteeringProgramFormat.Classic or SteeringProgramFormat.ClassicBytes)
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"'{file}' would be of the format {format}, which is not written. Use -Format Assembly or Bytes."), "FormatNotWritable", ErrorCategory.InvalidArgument, program));
            return;
        }

        if (format == SteeringProgramFormat.Bytes && !program.Program.Maps.IsEmpty)
        {
            WriteWarning($"'{file}' has the instructions only: the maps of '{program.Name}' are not in it.");
        }

        if (!ShouldProcess(file, $"Write program '{program.Name}' as {format}"))
        {
            return;
        }

        byte[] bytes = format == SteeringProgramFormat.Bytes
            ? InstructionCodec.Encode(program.Program.Instructions.AsSpan())
            : Encoding.UTF8.GetBytes(ProgramText.Write(program.Program));
        using (FileStream stream = new(file, NoClobber ? FileMode.CreateNew : FileMode.Create))
        {
            stream.Write(bytes);
        }

        if (PassThru)
        {
            WriteObject(new FileInfo(file));
        }
    }
}
