using System.Globalization;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Date", DefaultParameterSetName = "DateAndFormat")]
[OutputType(typeof(string), typeof(DateTime))]
public sealed class GetDateCommand : PSCmdlet
{
    [Parameter(ParameterSetName = "DateAndFormat", Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LastWriteTime")]
    public DateTime? Date { get; set; }

    [Parameter(ParameterSetName = "UnixTimeSecondsAndFormat", Mandatory = true)]
    [ValidateRange(-62135596800, 253402300799)]
    [Alias("UnixTime")]
    public long UnixTimeSeconds { get; set; }

    [Parameter]
    [ValidateRange(1, 9999)]
    public int? Year { get; set; }

    [Parameter]
    [ValidateRange(1, 12)]
    public int? Month { get; set; }

    [Parameter]
    [ValidateRange(1, 31)]
    public int? Day { get; set; }

    [Parameter]
    [ValidateRange(0, 23)]
    public int? Hour { get; set; }

    [Parameter]
    [ValidateRange(0, 59)]
    public int? Minute { get; set; }

    [Parameter]
    [ValidateRange(0, 59)]
    public int? Second { get; set; }

    [Parameter]
    [ValidateRange(0, 999)]
    public int? Millisecond { get; set; }

    [Parameter]
    public DisplayHintType DisplayHint { get; set; } = DisplayHintType.DateTime;

    [Parameter]
    public string? Format { get; set; }

    [Parameter]
    public SwitchParameter AsUTC { get; set; }

    protected override void ProcessRecord()
    {
        DateTime date = ParameterSetName == "UnixTimeSecondsAndFormat"
            ? DateTimeOffset.FromUnixTimeSeconds(UnixTimeSeconds).LocalDateTime
            : Date ?? DateTime.Now;
        date = date.AddYears((Year ?? date.Year) - date.Year);
        date = date.AddMonths((Month ?? date.Month) - date.Month);
        date = date.AddDays((Day ?? date.Day) - date.Day)
            .AddHours((Hour ?? date.Hour) - date.Hour)
            .AddMinutes((Minute ?? date.Minute) - date.Minute)
            .AddSeconds((Second ?? date.Second) - date.Second);
        if (Millisecond is { } millisecond)
        {
            date = date.AddMilliseconds(millisecond - date.Millisecond);
            date = date.AddTicks(-(date.Ticks % TimeSpan.TicksPerMillisecond));
        }

        if (AsUTC)
        {
            date = date.ToUniversalTime();
        }

        if (Format is not null)
        {
            WriteObject(Formatted(date, Format));
            return;
        }

        PSObject result = new(date);
        result.Properties.Add(new PSNoteProperty("DisplayHint", DisplayHint));
        WriteObject(result);
    }

    private static string Formatted(DateTime date, string format)
    {
        (DateTime Date, string Format) named = format.ToUpperInvariant() switch
        {
            "FILEDATE" => (date, "yyyyMMdd"),
            "FILEDATEUNIVERSAL" => (date.ToUniversalTime(), "yyyyMMddZ"),
            "FILEDATETIME" => (date, "yyyyMMddTHHmmssffff"),
            "FILEDATETIMEUNIVERSAL" => (date.ToUniversalTime(), "yyyyMMddTHHmmssffffZ"),
            _ => (date, format),
        };
        return named.Date.ToString(named.Format, CultureInfo.CurrentCulture);
    }
}
