namespace ReuseportPS.Engine.Isa;

/// <summary>Bit 3 of an arithmetic or jump opcode (RFC 9669 §4): where the second operand comes from.</summary>
public enum OperandSource : byte
{
    /// <summary>BPF_K: the immediate, sign-extended.</summary>
    Immediate = 0x00,

    /// <summary>BPF_X: the source register.</summary>
    Register = 0x08,
}
