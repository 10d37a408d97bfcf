namespace ReuseportPS.Engine.Policies;

/// <summary>Which index of <see cref="CompiledPolicy.Program"/>'s maps is which; -1 where the policy needs none.</summary>
/// <param name="Seats">REUSEPORT_SOCKARRAY of the kernel group, 8-byte values. One per kernel group; all other maps are shared by the groups.</param>
/// <param name="Epoch">ARRAY, one u32 (MMAPABLE): the bank in use is epoch modulo 2.</param>
/// <param name="Tables">ARRAY_OF_MAPS over arrays of u32, index = bank: all tables of the policy in a row; -1 when none is needed.</param>
/// <param name="Lists">ARRAY_OF_MAPS over LPM tries, index = bank * lists per bank + list; -1 when no list is needed.</param>
/// <param name="Counters">PERCPU_ARRAY that counts rules, misses, rejections.</param>
/// <param name="SlotCounters">PERCPU_ARRAY of u64 by slot.</param>
public sealed record PolicyMaps(int Seats, int Epoch, int Tables, int Lists, int Counters, int SlotCounters)
{
    /// <summary>LRU_HASH of each action that is sticky, in the order of the policy: the flow tables. Key: 40 bytes of protocol, family, addresses and ports; value: slot, seat generation, time.</summary>
    public System.Collections.Immutable.ImmutableArray<int> Flows { get; init; } = [];

    /// <summary>RINGBUF of <see cref="DecisionSample"/>; -1 when none are taken.</summary>
    public int Samples { get; init; } = -1;

    /// <summary>ARRAY of u64 by slot: <see cref="SlotLoad"/>, outside of the banks, each stored by itself; -1 when no load is looked at.</summary>
    public int Loads { get; init; } = -1;
}
