namespace ReuseportPS.Engine.Btf;

/// <summary>A variable of a section.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Where it is in the section, in bytes.</param>
/// <param name="Size">Its size in bytes.</param>
public readonly record struct BtfVariable(string Name, int Offset, int Size);
