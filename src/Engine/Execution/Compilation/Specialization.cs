namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What a program is specialised for.</summary>
/// <param name="ContextInR1">r1 is the context's address at the beginning.</param>
/// <param name="DefaultHelpers">The helpers that generated code does itself are those of <see cref="HelperTable.CreateDefault"/>.</param>
/// <param name="Layout">What is in the context.</param>
/// <param name="HasFunctionPointers">A helper may call functions of the program, and so spend of its budget.</param>
/// <param name="SlotSelection">Helper 82 is <see cref="Execution.SlotSelection"/>.</param>
internal readonly record struct Specialization(bool ContextInR1, bool DefaultHelpers, ContextLayout Layout, bool HasFunctionPointers, bool SlotSelection);
