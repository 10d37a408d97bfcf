namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Attaches programs to several kernel groups as one change: disposed without <see cref="Commit"/>, it puts back what each had.</summary>
internal sealed class AttachTransaction : IDisposable
{
    private readonly List<(IBackendSocket Member, Attached Previous)> _done = [];
    private readonly List<IDisposable> _held = [];
    private readonly List<(Action Commit, Action Undo)> _also = [];
    private bool _committed;

    /// <summary>Keeps something open until the change is over: a member handle, a previous program.</summary>
    public T Hold<T>(T resource)
        where T : IDisposable
    {
        _held.Add(resource);
        return resource;
    }

    /// <summary>Attaches through <paramref name="member"/>, or detaches; <paramref name="previous"/> is what to put back.</summary>
    public void Put(Attached attached, IBackendSocket member, Attached previous)
    {
        attached.PutOn(member);
        _done.Add((member, previous));
    }

    /// <summary>Something else that belongs to the change: what to do when it stays, and when it is undone.</summary>
    public void Also(Action commit, Action undo) => _also.Add((commit, undo));

    /// <summary>What is attached through a member is not ours to put back any more: others have attached theirs.</summary>
    public void LetGo(IBackendSocket member) => _done.RemoveAll(done => done.Member == member);

    public void Commit()
    {
        _committed = true;
        _also.ForEach(one => one.Commit());
    }

    public void Dispose()
    {
        if (!_committed)
        {
            for (int index = _done.Count - 1; index >= 0; index--)
            {
                PutBack(_done[index].Member, _done[index].Previous);
            }

            _also.ForEach(one => one.Undo());
        }

        foreach (IDisposable resource in _held)
        {
            resource.Dispose();
        }
    }

    private static void PutBack(IBackendSocket member, Attached previous)
    {
        try
        {
            previous.PutOn(member);
        }
        catch (BackendException)
        {
            // The group died meanwhile, and its program with it; the error that began the roll-back is the one to report.
        }
    }
}
