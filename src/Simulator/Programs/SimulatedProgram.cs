using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Simulator.Programs;

/// <summary>A descriptor on a program.</summary>
internal sealed class SimulatedProgram : IBackendProgram
{
    private readonly KernelProgram _target;
    private readonly SimulatedProcess _process;
    private readonly int _descriptor;
    private bool _isClosed;

    public SimulatedProgram(KernelProgram target, SimulatedProcess process)
    {
        target.AddReference();
        _target = target;
        _process = process;
        _descriptor = process.Open(this, target);
    }

    /// <summary>The program, or null when the descriptor is closed.</summary>
    public KernelProgram? Target => _isClosed ? null : _target;

    public uint Id => _target.Id;

    public string Name => _target.Spec.Name;

    public string Tag => _target.Tag;

    public void Dispose()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _process.Close(_descriptor);
            _target.Release();
        }
    }
}
