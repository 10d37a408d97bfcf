using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Contract;

/// <summary>A backend on which something happens whenever time is let pass, in the place of a wait.</summary>
/// <param name="inner">The backend.</param>
/// <param name="happens">What happens the first time, the second time, and so on; nothing after the last.</param>
internal sealed class TimedBackend(IReuseportBackend inner, params Action[] happens) : IReuseportBackend
{
    private int _times;

    public BackendInfo Info => inner.Info;

    public INetworkNamespace CurrentNamespace => inner.CurrentNamespace;

    public ulong MonotonicTime => inner.MonotonicTime;

    public ulong BootTime => inner.BootTime;

    public DateTimeOffset Now => inner.Now;

    public IPinStore Pins => inner.Pins;

    public INetworkNamespace CreateNamespace() => inner.CreateNamespace();

    public INetworkNamespace? OpenNamespace(ulong id) => inner.OpenNamespace(id);

    public IBackendSocket CreateSocket(SocketSpec spec, INetworkNamespace? networkNamespace = null) => inner.CreateSocket(spec, networkNamespace);

    public IReadOnlyList<SocketRecord> FindSockets(SocketQuery query) => inner.FindSockets(query);

    public SocketSurvey Survey(SocketQuery query) => inner.Survey(query);

    public DateTimeOffset? StartOf(int processId) => inner.StartOf(processId);

    public IBackendSocket AcquireSocket(SocketRecord record) => inner.AcquireSocket(record);

    public IBackendMap CreateMap(MapSpec spec) => inner.CreateMap(spec);

    public IBackendProgram LoadProgram(ProgramSpec spec, IReadOnlyList<IBackendMap> maps) => inner.LoadProgram(spec, maps);

    public Attachment InspectAttachment(SocketRecord member) => inner.InspectAttachment(member);

    public IReadOnlyList<ulong>? MemberOrder(SocketRecord member) => inner.MemberOrder(member);

    public IBackendProgram? OpenProgram(uint id) => inner.OpenProgram(id);

    public IBackendMap? OpenMap(uint id) => inner.OpenMap(id);

    public IReadOnlyList<IBackendMap> OpenMaps(IBackendProgram program) => inner.OpenMaps(program);

    public void WaitForReaders() => inner.WaitForReaders();

    public IBackendSocket? WaitForArrival(IReadOnlyList<IBackendSocket> sockets, TimeSpan timeout) => inner.WaitForArrival(sockets, timeout);

    public void LetTimePass(TimeSpan time)
    {
        if (_times < happens.Length)
        {
            happens[_times++]();
        }
    }

    public void RunOn(int cpu, INetworkNamespace? networkNamespace, Action action) => inner.RunOn(cpu, networkNamespace, action);

    public IReadOnlyList<EnvironmentCheck> CheckEnvironment() => inner.CheckEnvironment();

    // It is not the owner of what it stands on.
    public void Dispose()
    {
    }
}
