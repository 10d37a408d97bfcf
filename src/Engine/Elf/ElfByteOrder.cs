namespace ReuseportPS.Engine.Elf;

/// <summary>Byte order of an object file (EI_DATA).</summary>
public enum ElfByteOrder
{
    /// <summary>ELFDATA2LSB: <c>-target bpfel</c>.</summary>
    LittleEndian = 1,

    /// <summary>ELFDATA2MSB: <c>-target bpfeb</c>.</summary>
    BigEndian = 2,
}
