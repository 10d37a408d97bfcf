namespace ReuseportPS.Engine.Classic;

/// <summary>One instruction of classic BPF (<c>struct sock_filter</c>, 8 bytes).</summary>
/// <param name="Code">Operation: class in the low 3 bits.</param>
/// <param name="JumpTrue">Instructions to skip when a condition holds.</param>
/// <param name="JumpFalse">Instructions to skip when it does not.</param>
/// <param name="K">Operand: a number, an offset in the packet, a scratch word, or a distance.</param>
public readonly record struct ClassicInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint K);
