using System.Reflection;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Contract;

/// <summary>A backend as somebody has it who has file permission on the pins and no CAP_BPF: no map and no program is made, and what would make one is refused by the pins.</summary>
public class MemberBackend : DispatchProxy
{
    private object? _inner;

    /// <summary>Stands before a backend, and does not own it.</summary>
    internal static IReuseportBackend Before(IReuseportBackend inner) => Wrap(inner);

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (targetMethod!.Name)
        {
            case nameof(IReuseportBackend.CreateMap) or nameof(IReuseportBackend.LoadProgram):
                throw new BackendException(Errno.EPERM, targetMethod.Name, Diagnostic.Error("RPS5000", $"{targetMethod.Name}: a member makes nothing.", remedy: "None."));
            case nameof(IPinFolder.RequireMaker):
                throw new BackendException(Errno.EPERM, "BPF_MAP_CREATE", Diagnostic.Error("RPS5410", $"This change {args![0]}.", remedy: "Run with CAP_BPF."));
            case nameof(IDisposable.Dispose) when _inner is IReuseportBackend:
                return null;
            default:
                return targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null) switch
                {
                    IPinStore pins => Wrap(pins),
                    IPinFolder folder => Wrap(folder),
                    var other => other,
                };
        }
    }

    private static T Wrap<T>(T inner)
        where T : class
    {
        T wrapped = Create<T, MemberBackend>();
        ((MemberBackend)(object)wrapped)._inner = inner;
        return wrapped;
    }
}
