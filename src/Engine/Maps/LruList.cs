namespace ReuseportPS.Engine.Maps;

/// <summary>
/// Who goes when an LRU hash map is full (<c>kernel/bpf/bpf_lru_list.c</c>): the order is only roughly that of use, and it depends on the CPU.
/// </summary>
/// <remarks>
/// <para>Nodes are the elements of the map. A list of active, one of inactive and one of free nodes belong to the map, or with BPF_F_NO_COMMON_LRU to each CPU.
/// A look by a program sets a node's reference bit; nothing moves until a free node is wanted. Then the active list is turned, when it is the longer one,
/// from its tail on: nodes with the bit go to its head without the bit, others to the head of the inactive list. The inactive list is looked
/// through from where the last turn ended, and nodes with the bit become active. Each turn looks at a limited number of nodes.
/// If no node is free, the inactive list gives up nodes without the bit from its tail; if it has none, one node goes in spite of the bit.</para>
/// <para>A common list is asked rarely: each CPU takes a number of free nodes at once, and keeps what it has handed out in a list of its own (pending),
/// which is merged into the common lists at its next visit there. A CPU that gets nothing there takes a node from the CPUs in turn.</para>
/// </remarks>
internal sealed class LruList
{
    private const int Active = 0;
    private const int Inactive = 1;
    private const int Free = 2;
    private const int LocalFree = 3;
    private const int Pending = 4;
    private const int Kinds = 3;

    private const int MostLocalFree = 128;
    private const int CommonScans = 128;
    private const int OwnScans = 4;
    private const int OwnTarget = 4;

    private readonly ElementTable _table;
    private readonly int _cpuCount;
    private readonly int _nodeCount;
    private readonly bool _perCpu;
    private readonly int _scans;
    private readonly int _target;
    private readonly int _heads;
    private readonly Lists[] _lists;
    private readonly int[] _nextSteal;
    private Node[] _nodes;
    private int _known;

    /// <summary>Lists with every node free.</summary>
    /// <param name="table">Where an element is taken out that has to go.</param>
    /// <param name="nodeCount">Nodes: the map's largest number of entries.</param>
    /// <param name="cpuCount">Possible CPUs.</param>
    /// <param name="perCpu">BPF_F_NO_COMMON_LRU: each CPU has lists and nodes of its own.</param>
    public LruList(ElementTable table, int nodeCount, int cpuCount, bool perCpu)
    {
        _table = table;
        _nodeCount = nodeCount;
        _cpuCount = cpuCount;
        _perCpu = perCpu;
        _scans = perCpu ? OwnScans : CommonScans;
        _target = Math.Clamp(nodeCount / cpuCount / 2, 1, MostLocalFree);
        _lists = new Lists[perCpu ? cpuCount : 1];
        int heads = _lists.Length * Kinds;
        _heads = perCpu ? heads : heads + 2 * cpuCount;
        _nodes = new Node[_heads + 8];
        for (int head = 0; head < _heads; head++)
        {
            _nodes[head] = new Node { Previous = head, Next = head };
        }

        for (int i = 0; i < _lists.Length; i++)
        {
            _lists[i] = new Lists { First = i * Kinds, NextRotation = i * Kinds + Inactive, Untouched = nodeCount / _lists.Length };
        }

        _nextSteal = new int[cpuCount];
        for (int cpu = 0; cpu < cpuCount; cpu++)
        {
            _nextSteal[cpu] = cpu;
        }
    }

    /// <summary>Notes that an element was used.</summary>
    public void SetReference(int element) => _nodes[_heads + element].IsReferenced = true;

    /// <summary>
    /// A free element for a CPU (<c>bpf_lru_pop_free</c>); others may go from the table for it. <see cref="ElementTable.None"/> when none can be had.
    /// The elements are numbered from 0 as they are first needed.
    /// </summary>
    public int Take(int cpu)
    {
        int node = _perCpu ? TakeOwn(cpu) : TakeCommon(cpu);
        return node < 0 ? ElementTable.None : node - _heads;
    }

    /// <summary>An element is free again (<c>bpf_lru_push_free</c>). It must not be in the table.</summary>
    public void Return(int element)
    {
        int at = _heads + element;
        ref Node node = ref _nodes[at];
        if (node.Kind == Pending)
        {
            node.Kind = LocalFree;
            node.IsReferenced = false;
            MoveAfter(at, LocalHead(node.Cpu, LocalFree));
            return;
        }

        Move(ref _lists[_perCpu ? node.Cpu : 0], at, Free);
    }

    private static int LocalHead(int cpu, int kind) => Kinds + 2 * cpu + (kind - LocalFree);

    private int TakeOwn(int cpu)
    {
        ref Lists lists = ref _lists[cpu];
        Rotate(ref lists);
        int free = lists.First + Free;
        if (IsEmpty(free) && lists.Untouched == 0)
        {
            Shrink(ref lists, OwnTarget, free, Free);
        }

        int at = _nodes[free].Next;
        if (at == free)
        {
            if (lists.Untouched == 0)
            {
                return ElementTable.None;
            }

            at = Touch(ref lists, cpu, free);
        }

        Move(ref lists, at, Inactive);
        return at;
    }

    private int TakeCommon(int cpu)
    {
        int localFree = LocalHead(cpu, LocalFree);
        int at = Pop(localFree);
        if (at < 0)
        {
            Refill(cpu, localFree);
            at = Pop(localFree);
        }

        if (at < 0)
        {
            // From any CPU in turn, this one too: a free node, or the oldest it has handed out.
            int first = _nextSteal[cpu];
            int victim = first;
            do
            {
                at = Pop(LocalHead(victim, LocalFree));
                if (at < 0)
                {
                    at = PopPending(LocalHead(victim, Pending));
                }

                victim = victim + 1 == _cpuCount ? 0 : victim + 1;
            }
            while (at < 0 && victim != first);
            _nextSteal[cpu] = victim;
        }

        if (at >= 0)
        {
            ref Node node = ref _nodes[at];
            node.Cpu = (ushort)cpu;
            node.Kind = Pending;
            node.IsReferenced = false;
            InsertAfter(at, LocalHead(cpu, Pending));
        }

        return at;
    }

    // A CPU visits the common lists (bpf_lru_list_pop_free_to_local).
    private void Refill(int cpu, int localFree)
    {
        ref Lists lists = ref _lists[0];
        int pending = LocalHead(cpu, Pending);
        for (int at = _nodes[pending].Previous, next; at != pending; at = next)
        {
            next = _nodes[at].Previous;
            ref Node node = ref _nodes[at];
            int kind = node.IsReferenced ? Active : Inactive;
            lists.Counts(kind)++;
            node.Kind = (byte)kind;
            node.IsReferenced = false;
            MoveAfter(at, lists.First + kind);
        }

        Rotate(ref lists);
        int free = lists.First + Free;
        int found = 0;
        while (found < _target && (!IsEmpty(free) || lists.Untouched > 0))
        {
            int at = IsEmpty(free) ? Touch(ref lists, 0, free) : _nodes[free].Next;
            MoveToFree(ref lists, at, localFree, LocalFree);
            found++;
        }

        if (found < _target)
        {
            Shrink(ref lists, _target - found, localFree, LocalFree);
        }
    }

    private void Rotate(ref Lists lists)
    {
        if (lists.InactiveCount < lists.ActiveCount)
        {
            RotateActive(ref lists);
        }

        RotateInactive(ref lists);
    }

    private void RotateActive(ref Lists lists)
    {
        int head = lists.First + Active;
        int first = _nodes[head].Next;
        int scanned = 0;
        for (int at = _nodes[head].Previous, next; at != head; at = next)
        {
            next = _nodes[at].Previous;
            Move(ref lists, at, _nodes[at].IsReferenced ? Active : Inactive);
            if (++scanned == _scans || at == first)
            {
                break;
            }
        }
    }

    private void RotateInactive(ref Lists lists)
    {
        int head = lists.First + Inactive;
        if (IsEmpty(head))
        {
            return;
        }

        int last = _nodes[lists.NextRotation].Next;
        if (last == head)
        {
            last = _nodes[head].Next;
        }

        int at = lists.NextRotation;
        int next = head;
        for (int scanned = 0; scanned < _scans;)
        {
            if (at == head)
            {
                at = _nodes[head].Previous;
                continue;
            }

            next = _nodes[at].Previous;
            if (_nodes[at].IsReferenced)
            {
                Move(ref lists, at, Active);
            }

            if (at == last)
            {
                break;
            }

            at = next;
            scanned++;
        }

        lists.NextRotation = next;
    }

    private void Shrink(ref Lists lists, int target, int freeHead, int freeKind)
    {
        int inactive = lists.First + Inactive;
        int freed = 0;
        int scanned = 0;
        for (int at = _nodes[inactive].Previous, next; at != inactive; at = next)
        {
            next = _nodes[at].Previous;
            if (_nodes[at].IsReferenced)
            {
                Move(ref lists, at, Active);
            }
            else if (_table.Remove(at - _heads))
            {
                MoveToFree(ref lists, at, freeHead, freeKind);
                if (++freed == target)
                {
                    break;
                }
            }

            if (++scanned == _scans)
            {
                break;
            }
        }

        if (freed > 0)
        {
            return;
        }

        int forced = IsEmpty(inactive) ? lists.First + Active : inactive;
        for (int at = _nodes[forced].Previous; at != forced; at = _nodes[at].Previous)
        {
            if (_table.Remove(at - _heads))
            {
                MoveToFree(ref lists, at, freeHead, freeKind);
                return;
            }
        }
    }

    // The oldest node that a CPU has handed out, one without a reference if there is one.
    private int PopPending(int head)
    {
        foreach (bool force in (ReadOnlySpan<bool>)[false, true])
        {
            for (int at = _nodes[head].Previous; at != head; at = _nodes[at].Previous)
            {
                if ((force || !_nodes[at].IsReferenced) && _table.Remove(at - _heads))
                {
                    Unlink(at);
                    return at;
                }
            }
        }

        return ElementTable.None;
    }

    private int Pop(int head)
    {
        int at = _nodes[head].Next;
        if (at == head)
        {
            return ElementTable.None;
        }

        Unlink(at);
        return at;
    }

    // The first use of a node that has been free from the beginning. All free nodes that have been used are before it.
    private int Touch(ref Lists lists, int cpu, int freeHead)
    {
        int at = _heads + _known++;
        lists.Untouched--;
        if (at >= _nodes.Length)
        {
            Array.Resize(ref _nodes, (int)Math.Min(2L * _nodes.Length, (long)_heads + _nodeCount));
        }

        _nodes[at] = new Node { Kind = Free, Cpu = (ushort)cpu };
        InsertAfter(at, freeHead);
        return at;
    }

    private void Move(ref Lists lists, int at, int kind)
    {
        ref Node node = ref _nodes[at];
        if (node.Kind != kind)
        {
            lists.Counts(node.Kind)--;
            lists.Counts(kind)++;
            node.Kind = (byte)kind;
        }

        node.IsReferenced = false;
        lists.StepBackFrom(at, node.Previous);
        MoveAfter(at, lists.First + kind);
    }

    private void MoveToFree(ref Lists lists, int at, int freeHead, int freeKind)
    {
        ref Node node = ref _nodes[at];
        lists.StepBackFrom(at, node.Previous);
        lists.Counts(node.Kind)--;
        node.Kind = (byte)freeKind;
        MoveAfter(at, freeHead);
    }

    private bool IsEmpty(int head) => _nodes[head].Next == head;

    private void MoveAfter(int at, int head)
    {
        Unlink(at);
        InsertAfter(at, head);
    }

    private void Unlink(int at)
    {
        ref Node node = ref _nodes[at];
        _nodes[node.Previous].Next = node.Next;
        _nodes[node.Next].Previous = node.Previous;
    }

    private void InsertAfter(int at, int head)
    {
        ref Node node = ref _nodes[at];
        ref Node before = ref _nodes[head];
        node.Previous = head;
        node.Next = before.Next;
        _nodes[before.Next].Previous = at;
        before.Next = at;
    }

    // A list is a ring of nodes through a head; heads come first in the array.
    private struct Node
    {
        public int Previous;
        public int Next;
        public ushort Cpu;
        public byte Kind;
        public bool IsReferenced;
    }

    private struct Lists
    {
        public int First;
        public int NextRotation;
        public int Untouched;
        public int ActiveCount;
        public int InactiveCount;
        private int _freeCount;

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref int Counts(int kind)
        {
            if (kind == Active)
            {
                return ref ActiveCount;
            }

            return ref kind == Inactive ? ref InactiveCount : ref _freeCount;
        }

        public void StepBackFrom(int at, int previous)
        {
            if (NextRotation == at)
            {
                NextRotation = previous;
            }
        }
    }
}
