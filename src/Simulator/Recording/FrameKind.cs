namespace ReuseportPS.Simulator.Recording;

/// <summary>What a capture says of a record by itself.</summary>
internal enum FrameKind
{
    /// <summary>A frame to be parsed.</summary>
    Frame,

    /// <summary>The capture says that this host sent it.</summary>
    NotReceived,

    /// <summary>It begins with what is not known here.</summary>
    UnknownLinkType,

    /// <summary>The record contradicts itself.</summary>
    Malformed,
}
