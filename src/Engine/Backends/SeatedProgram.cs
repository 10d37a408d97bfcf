using System.Collections.Immutable;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends;

/// <summary>
/// A program for a group, as plain data: the programs and maps that it can reach, and which of the maps the group's seats take the place of. The other
/// maps are made as their specs say.
/// </summary>
public sealed class SeatedProgram
{
    private SeatedProgram(ProgramCollection collection, int seats)
    {
        Collection = collection;
        Seats = seats;
        MapsOf = [.. collection.Programs.Select(program => program.Maps.Select(map => IndexOf(collection.Maps, map)).ToImmutableArray())];
    }

    /// <summary>What can be reached; the first program is the one that is attached.</summary>
    public ProgramCollection Collection { get; private init; }

    /// <summary>The program that is attached.</summary>
    public ProgramSpec Program => Collection.Programs[0];

    /// <summary>Index of the map that stands for the seats; -1 when the program has none and so selects nobody.</summary>
    public int Seats { get; }

    /// <summary>Name of that map, or null.</summary>
    public string? SeatMap => Seats < 0 ? null : Collection.Maps[Seats].Name;

    /// <summary>For each program the indices of its maps.</summary>
    internal ImmutableArray<ImmutableArray<int>> MapsOf { get; private init; }

    /// <summary>A program with what its object says of PROG_ARRAYs and maps of maps.</summary>
    /// <param name="program">The program.</param>
    /// <param name="collection">The programs and maps that it came with; null when it refers to no other.</param>
    /// <param name="seatMap">Name of the map for the seats; needed only where there are several.</param>
    /// <exception cref="Diagnostics.DiagnosticException">RPS1034, or RPS1035.</exception>
    public static SeatedProgram Of(ProgramSpec program, ProgramCollection? collection = null, string? seatMap = null)
    {
        if (program.Type != ProgramType.SkReuseport)
        {
            throw new Diagnostics.DiagnosticException(ProgramDiagnostics.NotForGroups.At(null, $"Program '{program.Name}' is of the type {program.Type}."));
        }

        ProgramCollection reached = Reach(program, collection);
        return new SeatedProgram(reached, FindSeats(program.Name, reached.Maps, seatMap));
    }

    /// <summary>A compiled policy, its data in both banks.</summary>
    public static SeatedProgram Of(CompiledPolicy policy)
    {
        List<MapSpec> maps = [.. policy.Program.Maps];
        List<MapSlot> slots = [];
        foreach ((int outer, ImmutableArray<MapSpec> tables) in new[] { (policy.Maps.Tables, policy.Bank.Tables), (policy.Maps.Lists, policy.Bank.Lists) })
        {
            for (int key = 0; key < 2 * tables.Length; key++)
            {
                slots.Add(new MapSlot(outer, (uint)key, maps.Count));
                maps.Add(tables[key % tables.Length]);
            }
        }

        return new SeatedProgram(new ProgramCollection([policy.Program], [.. maps], [.. slots]), policy.Maps.Seats);
    }

    /// <summary>The same with another map in the place of one: one with other contents.</summary>
    /// <param name="index">Index in the maps of <see cref="Collection"/>.</param>
    /// <param name="map">The map.</param>
    public SeatedProgram With(int index, MapSpec map) => new(Collection, Seats)
    {
        Collection = Collection with { Maps = Collection.Maps.SetItem(index, map) },
        MapsOf = MapsOf,
    };

    /// <summary>Whether each kernel group needs a map of its own: it leads to the seats, by way of programs or as their outer map.</summary>
    internal bool IsOwnMap(int map) => Collection.Slots.Any(slot => slot.Map == map && (slot.Target == Seats || Collection.Maps[map].Type == MapType.ProgArray));

    private static ProgramCollection Reach(ProgramSpec program, ProgramCollection? collection)
    {
        int first = collection is null ? -1 : IndexOf(collection.Programs, program);
        if (first < 0)
        {
            return new ProgramCollection([program], [.. program.Maps.Distinct(ReferenceEqualityComparer.Instance).Cast<MapSpec>()], []);
        }

        List<int> programs = [];
        List<int> maps = [];
        addProgram(first);
        return new ProgramCollection(
            [.. programs.Select(index => collection!.Programs[index])],
            [.. maps.Select(index => collection!.Maps[index])],
            [.. collection!.Slots.Where(slot => maps.Contains(slot.Map)).Select(slot => new MapSlot(
                maps.IndexOf(slot.Map), slot.Key, (collection.Maps[slot.Map].Type == MapType.ProgArray ? programs : maps).IndexOf(slot.Target)))]);

        void addProgram(int index)
        {
            if (!programs.Contains(index))
            {
                programs.Add(index);
                foreach (MapSpec map in collection!.Programs[index].Maps)
                {
                    addMap(IndexOf(collection.Maps, map));
                }
            }
        }

        void addMap(int index)
        {
            if (!maps.Contains(index))
            {
                maps.Add(index);
                foreach (MapSlot slot in collection!.Slots.Where(slot => slot.Map == index))
                {
                    ((Action<int>)(collection.Maps[index].Type == MapType.ProgArray ? addProgram : addMap))(slot.Target);
                }
            }
        }
    }

    private static int FindSeats(string program, ImmutableArray<MapSpec> maps, string? name)
    {
        int[] candidates = [.. Enumerable.Range(0, maps.Length).Where(index => maps[index].Type == MapType.ReuseportSockArray)];
        int[] found = name is null ? candidates : [.. candidates.Where(index => maps[index].Name == name)];
        if (found.Length == 1 || (found.Length == 0 && name is null))
        {
            return found.Length == 0 ? -1 : found[0];
        }

        string names = candidates.Length == 0 ? "none" : string.Join(", ", candidates.Select(index => $"'{maps[index].Name}'"));
        throw new Diagnostics.DiagnosticException(ProgramDiagnostics.SeatMapNotKnown.At(
            null, $"Program '{program}' has {(name is null ? "several REUSEPORT_SOCKARRAYs" : $"no REUSEPORT_SOCKARRAY '{name}'")}; there are: {names}."));
    }

    private static int IndexOf<T>(ImmutableArray<T> items, T wanted)
        where T : class
    {
        for (int index = 0; index < items.Length; index++)
        {
            if (ReferenceEquals(items[index], wanted))
            {
                return index;
            }
        }

        return -1;
    }
}
