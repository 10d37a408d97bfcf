using System.Diagnostics.CodeAnalysis;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

/// <remarks>
/// What a run holds and must give back before it ends: ring buffer records, spin locks, and (without a map) the sections that it entered. The kernel's verifier refuses a program that might keep one;
/// here the exit is a fault (<see cref="FaultKind.UnreleasedReference"/>). Whatever way a run ends, what it still held is given back: a record is
/// discarded, so that the consumer of the ring can go on, and a lock is opened.
/// </remarks>
public sealed partial class Machine
{
    private (BpfMap? Map, uint Offset)[] _references = new (BpfMap?, uint)[4];
    private int _referenceCount;

    /// <summary>The map whose values an address points into, and where. False when it points elsewhere; the run goes on.</summary>
    internal bool TryGetMapOfValue(ulong address, [NotNullWhen(true)] out BpfMap? map, out uint offset)
    {
        uint place = (uint)(address >> 32) - FirstMap;
        map = place < _mapCount ? _maps[place] : null;
        offset = (uint)address;
        return map is not null;
    }

    /// <summary>Notes what the run must give back.</summary>
    internal void Acquire(BpfMap? map, uint offset)
    {
        if (_referenceCount == _references.Length)
        {
            Array.Resize(ref _references, _references.Length * 2);
        }

        _references[_referenceCount++] = (map, offset);
    }

    /// <summary>Notes that the run gives something back. False when it does not have it.</summary>
    internal bool Release(BpfMap? map, uint offset)
    {
        for (int i = _referenceCount - 1; i >= 0; i--)
        {
            if (_references[i].Offset == offset && ReferenceEquals(_references[i].Map, map))
            {
                _references[i] = _references[--_referenceCount];
                _references[_referenceCount] = default;
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the run holds the spin lock of some value.</summary>
    internal bool HoldsSpinLock()
    {
        for (int i = 0; i < _referenceCount; i++)
        {
            if (_references[i].Map?.Spec.SpinLockOffset is not null)
            {
                return true;
            }
        }

        return false;
    }

    internal static string Describe(KernelSection section) => section switch
    {
        KernelSection.RcuRead => "RCU read section",
        KernelSection.WithoutPreemption => "section without preemption",
        _ => "section without interrupts",
    };

    private string DescribeReferences()
    {
        (BpfMap? map, uint offset) = _references[_referenceCount - 1];
        return map switch
        {
            null => $"the run ends inside the {Describe((KernelSection)offset)}",
            RingBuffer => $"the run ends and still holds a record of ring buffer '{map.Spec.Name}'",
            _ => $"the run ends and still holds the spin lock of a value of map '{map.Spec.Name}'",
        };
    }

    private void AbandonReferences()
    {
        while (_referenceCount > 0)
        {
            (BpfMap? map, uint offset) = _references[--_referenceCount];
            _references[_referenceCount] = default;
            map?.Abandon(offset);
        }
    }
}
