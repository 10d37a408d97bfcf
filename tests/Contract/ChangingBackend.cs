using System.Reflection;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Contract;

/// <summary>A backend of which something changes right after each look at its sockets, half-open connections or connections: what one look sees is another thing at the next.</summary>
public class ChangingBackend : DispatchProxy
{
    private readonly Queue<Action> _changes = new();
    private object? _inner;

    /// <summary>Stands before a backend, and does not own it.</summary>
    internal static IAll Before(IReuseportBackend inner)
    {
        IAll backend = Create<IAll, ChangingBackend>();
        ((ChangingBackend)backend)._inner = inner;
        return backend;
    }

    /// <summary>What happens after the next look, the one after it, and so on.</summary>
    internal static void AfterLooks(IAll backend, params Action[] changes) => Array.ForEach(changes, ((ChangingBackend)backend)._changes.Enqueue);

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        object? result = targetMethod!.Name == nameof(IDisposable.Dispose) ? null : targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        if (targetMethod.Name.StartsWith("Find", StringComparison.Ordinal) && _changes.TryDequeue(out Action? change))
        {
            change();
        }

        return result;
    }

    /// <summary>A backend that tells its connections.</summary>
    public interface IAll : IReuseportBackend, ILiveConnections;
}
