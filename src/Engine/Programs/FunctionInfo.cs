namespace ReuseportPS.Engine.Programs;

/// <summary>A function of a program (<c>struct bpf_func_info</c>).</summary>
/// <param name="Slot">Its first instruction, in 8-byte slots.</param>
/// <param name="TypeId">Id of its type, a FUNC.</param>
public readonly record struct FunctionInfo(int Slot, int TypeId);
