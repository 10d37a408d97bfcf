using BenchmarkDotNet.Attributes;
using ReuseportPS.Engine.Execution;

namespace ReuseportPS.Bench;

/// <summary>One call of the interpreter; <see cref="Instructions"/> of the program are executed in each.</summary>
[MemoryDiagnoser]
public class InterpreterBenchmarks
{
    private readonly Machine _machine = new();
    private LoadedProgram _program = null!;

    [ParamsAllValues]
    public BenchProgram Program { get; set; }

    public long Instructions { get; private set; }

    [GlobalSetup]
    public void Setup()
    {
        _program = BenchPrograms.Load(Program);
        _machine.Context.SetFlat(Enumerable.Range(0, 64).Select(x => (byte)(x * 37)).ToArray(), 0, 64, writable: false);
        RunResult result = _machine.Run(_program);
        Instructions = result.Fault is null ? result.InstructionCount : throw new InvalidOperationException(result.Fault.ToString());
        Console.WriteLine($"// {Program}: {Instructions} instructions per run");
    }

    [Benchmark]
    public ulong Run() => _machine.Run(_program).ReturnValue;
}
