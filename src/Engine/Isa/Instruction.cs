namespace ReuseportPS.Engine.Isa;

/// <summary>
/// One eBPF instruction (RFC 9669 §3). <c>lddw</c>, which takes two 8-byte slots on the wire, is one <see cref="Instruction"/>
/// whose second slot's immediate is <see cref="NextImmediate"/>.
/// </summary>
/// <param name="Opcode">The opcode byte: class in the low 3 bits.</param>
/// <param name="Destination">Destination register, 0 to 10.</param>
/// <param name="Source">Source register, 0 to 10, or the sub-code of a call, lddw, byte swap.</param>
/// <param name="Offset">Signed 16-bit offset: memory displacement, jump distance in slots, or the signed/size variant of an ALU operation.</param>
/// <param name="Immediate">Signed 32-bit immediate.</param>
/// <param name="NextImmediate">Immediate of the second slot of lddw; 0 otherwise.</param>
public readonly record struct Instruction(byte Opcode, byte Destination, byte Source, short Offset, int Immediate, int NextImmediate = 0)
{
    /// <summary>lddw: BPF_LD | BPF_IMM | BPF_DW.</summary>
    public const byte LoadImmediate64 = 0x18;

    /// <summary>True for lddw, which occupies two slots.</summary>
    public bool IsWide => Opcode == LoadImmediate64;

    /// <summary>Slots of 8 bytes that it occupies: 1, or 2 for lddw.</summary>
    public int SlotCount => IsWide ? 2 : 1;
}
