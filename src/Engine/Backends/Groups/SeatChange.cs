using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Seats that are emptied and filled as one change: disposed after <see cref="Do"/> without <see cref="Keep"/>, everybody sits where they sat.</summary>
internal sealed class SeatChange : IDisposable
{
    private readonly List<(Action Do, Action Undo)> _steps = [];
    private readonly List<IDisposable> _held = [];
    private int _done;
    private bool _kept;

    /// <summary>Keeps a handle until the change is over, unless it is the group's own.</summary>
    public IBackendSocket Hold((IBackendSocket Socket, bool IsOurs) handle)
    {
        if (!handle.IsOurs)
        {
            _held.Add(handle.Socket);
        }

        return handle.Socket;
    }

    /// <summary>Empties a seat.</summary>
    /// <param name="group">The kernel group.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="occupant">Who sits there.</param>
    public void Empty(KernelGroup group, int slot, IBackendSocket occupant) =>
        _steps.Add((() => Delete(group, slot), () => group.Seats.UpdateSocket((uint)slot, occupant)));

    /// <summary>Fills a seat, in one step with whoever sits there.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="group">The kernel group.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="record">Who is seated.</param>
    /// <param name="member">A handle on it.</param>
    /// <param name="occupant">Who sits there; null when nobody does.</param>
    public void Fill(IReuseportBackend backend, KernelGroup group, int slot, SocketRecord record, IBackendSocket member, IBackendSocket? occupant)
    {
        _steps.Add((() => Seating.Put(backend, group.Seats, slot, member, record), Undo));

        void Undo()
        {
            if (occupant is not null)
            {
                group.Seats.UpdateSocket((uint)slot, occupant);
            }
            else
            {
                Delete(group, slot);
            }
        }
    }

    /// <summary>Does it all.</summary>
    public void Do()
    {
        foreach ((Action step, _) in _steps)
        {
            step();
            _done++;
        }
    }

    /// <summary>It stays so.</summary>
    public void Keep() => _kept = true;

    public void Dispose()
    {
        while (!_kept && _done > 0)
        {
            try
            {
                _steps[--_done].Undo();
            }
            catch (BackendException)
            {
                // The member died meanwhile; what began the roll-back is the error to report.
            }
        }

        _held.ForEach(handle => handle.Dispose());
    }

    private static void Delete(KernelGroup group, int slot)
    {
        try
        {
            group.Seats.Delete(KernelGroup.SlotKey(slot));
        }
        catch (BackendException exception) when (exception.Errno == Errno.ENOENT)
        {
            // Its member has just died.
        }
    }
}
