using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Model;

namespace ReuseportPS.Commands;

/// <summary>ConvertTo-BpfAssembly: writes programs as text.</summary>
[Cmdlet(VerbsData.ConvertTo, "BpfAssembly")]
[OutputType(typeof(string))]
public sealed class ConvertToBpfAssemblyCommand : ReuseportCmdlet
{
    private readonly List<byte> _bytes = [];

    /// <summary>A program, a policy, the bytes of a program, or the path of a file with one of these.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public object InputObject { get; set; } = null!;

    /// <summary>Slots of the group that a policy is compiled for; by default the least power of two that it can be applied to.</summary>
    [Parameter]
    [ValidateRange(1, 32768)]
    public int SlotCount { get; set; }

    /// <summary>Jumps as distances in slots, as llvm-objdump writes them, instead of labels.</summary>
    [Parameter]
    public SwitchParameter Distance { get; set; }

    /// <summary>Numbers in hexadecimal.</summary>
    [Parameter]
    public SwitchParameter Hexadecimal { get; set; }

    /// <summary>The slot before each instruction.</summary>
    [Parameter]
    public SwitchParameter Index { get; set; }

    /// <summary>Instructions only, without the directives of the program and its maps.</summary>
    [Parameter]
    public SwitchParameter InstructionOnly { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // A pipeline takes an array of bytes apart.
        if (InputObject is byte or PSObject { BaseObject: byte })
        {
            _bytes.Add((byte)LanguagePrimitives.ConvertTo(InputObject, typeof(byte), System.Globalization.CultureInfo.InvariantCulture));
            return;
        }

        Convert(InputObject);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_bytes.Count > 0)
        {
            Convert(_bytes.ToArray());
        }
    }

    private void Convert(object input) => GuardFile(input, () =>
    {
        DisassemblyOptions style = new() { Labels = !Distance, Hexadecimal = Hexadecimal, Indices = Index };
        foreach (SteeringProgram program in ProgramInput.Read(input, SlotCount, SessionState.Path.GetUnresolvedProviderPathFromPSPath))
        {
            WriteObject(InstructionOnly ? ProgramText.WriteInstructions(program.Program, style) : ProgramText.Write(program.Program, style));
        }
    });
}
