namespace ReuseportPS.Model;

/// <summary>Forms of reports.</summary>
public enum SteeringReportFormat
{
    /// <summary>What the file's name says: .html, .json; bars in text for any other and without a file.</summary>
    Auto,

    /// <summary>Bars for a terminal.</summary>
    Text,

    /// <summary>A page without anything from elsewhere.</summary>
    Html,

    /// <summary>Every number.</summary>
    Json,
}
