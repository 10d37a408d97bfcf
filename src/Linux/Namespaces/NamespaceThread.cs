using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ReuseportPS.Linux.Namespaces;

/// <summary>
/// A thread of its own that lives in a network namespace. What must happen inside runs on it, synchronously; no thread of the
/// pool ever changes its namespace.
/// </summary>
internal sealed class NamespaceThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    internal NamespaceThread(Action enter)
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = "network namespace" };
        _thread.Start();
        try
        {
            Run(() =>
            {
                enter();
                return true;
            });
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal T Run<T>(Func<T> function)
    {
        if (Environment.CurrentManagedThreadId == _thread.ManagedThreadId)
        {
            return function();
        }

        T result = default!;
        ExceptionDispatchInfo? failure = null;
        using ManualResetEventSlim done = new();
        _work.Add(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            done.Set();
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    /// <summary>Ends the thread, and with it its hold on the namespace.</summary>
    public void Dispose()
    {
        if (!_work.IsAddingCompleted)
        {
            _work.CompleteAdding();
            _thread.Join();
            _work.Dispose();
        }
    }

    private void Loop()
    {
        foreach (Action action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
