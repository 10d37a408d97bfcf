using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommunications.Write, "Information")]
public sealed class WriteInformationCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Msg", "Message")]
    [AllowNull]
    public object? MessageData { get; set; }

    [Parameter(Position = 1)]
    public string[]? Tags { get; set; }

    protected override void BeginProcessing()
    {
        string? reserved = Tags?.FirstOrDefault(tag => tag.StartsWith("PS", StringComparison.OrdinalIgnoreCase));
        if (reserved is not null)
        {
            ThrowTerminatingError(new ErrorRecord(
                new InvalidOperationException($"Cannot use tag '{reserved}'. The 'PS' prefix is reserved."),
                "PSPrefixReservedInInformationTag",
                ErrorCategory.InvalidArgument,
                reserved));
        }
    }

    protected override void ProcessRecord() => WriteInformation(MessageData, Tags);
}
