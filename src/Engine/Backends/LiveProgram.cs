using System.Globalization;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends;

/// <summary>
/// The live maps of a program: those that all kernel groups share, and for each kernel group those that lead to its seats. Programs of PROG_ARRAYs
/// live in their arrays, and these as long as this does (or a pin).
/// </summary>
public sealed class LiveProgram : IDisposable
{
    private readonly IReuseportBackend _backend;
    private readonly SeatedProgram _program;
    private readonly IBackendMap?[] _shared;
    private readonly List<(string Name, IBackendMap Map)> _own = [];
    private int _groups;

    private LiveProgram(IReuseportBackend backend, SeatedProgram program)
    {
        _backend = backend;
        _program = program;
        _shared = new IBackendMap?[program.Collection.Maps.Length];
    }

    /// <summary>The maps by names that are unlike each other, of [a-z0-9]: what is pinned.</summary>
    internal IEnumerable<(string Name, IBackendMap Map)> Maps =>
        _shared.Select((map, index) => (Name: string.Create(CultureInfo.InvariantCulture, $"map{index}"), Map: map!)).Where(named => named.Map is not null).Concat(_own);

    /// <summary>Makes the maps that are shared.</summary>
    /// <exception cref="BackendException">The backend refused something; nothing is left behind.</exception>
    public static LiveProgram Create(IReuseportBackend backend, SeatedProgram program)
    {
        LiveProgram live = new(backend, program);
        try
        {
            for (int index = 0; index < live._shared.Length; index++)
            {
                if (index != program.Seats && !program.IsOwnMap(index))
                {
                    live._shared[index] = backend.CreateMap(program.Collection.Maps[index]);
                }
            }

            foreach (MapSlot slot in program.Collection.Slots.Where(slot => live._shared[slot.Map] is not null))
            {
                live._shared[slot.Map]!.UpdateMap(slot.Key, live._shared[slot.Target]!);
            }

            return live;
        }
        catch
        {
            live.Dispose();
            throw;
        }
    }

    /// <summary>Loads the program for one more kernel group.</summary>
    /// <param name="seats">The kernel group's sockarray.</param>
    /// <exception cref="BackendException">The backend refused something. Dispose all then.</exception>
    public IBackendProgram Load(IBackendMap seats)
    {
        ProgramCollection collection = _program.Collection;
        IBackendMap?[] maps = [.. _shared];
        if (_program.Seats >= 0)
        {
            maps[_program.Seats] = seats;
        }

        for (int index = 0; index < maps.Length; index++)
        {
            if (maps[index] is null)
            {
                MapSpec spec = collection.Maps[index];
                maps[index] = _backend.CreateMap(spec.Inner is null || spec.Type == MapType.ProgArray ? spec : spec with { Inner = KernelGroup.SeatsSpec });
                _own.Add((string.Create(CultureInfo.InvariantCulture, $"map{index}of{_groups}"), maps[index]!));
            }
        }

        _groups++;
        List<IBackendProgram> programs = [];
        try
        {
            for (int index = 0; index < collection.Programs.Length; index++)
            {
                programs.Add(_backend.LoadProgram(collection.Programs[index], [.. _program.MapsOf[index].Select(map => maps[map]!)]));
            }

            foreach (MapSlot slot in collection.Slots.Where(slot => _shared[slot.Map] is null))
            {
                if (collection.Maps[slot.Map].Type == MapType.ProgArray)
                {
                    maps[slot.Map]!.UpdateProgram(slot.Key, programs[slot.Target]);
                }
                else
                {
                    maps[slot.Map]!.UpdateMap(slot.Key, maps[slot.Target]!);
                }
            }

            IBackendProgram first = programs[0];
            programs.RemoveAt(0);
            return first;
        }
        finally
        {
            programs.ForEach(program => program.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((string _, IBackendMap map) in Maps)
        {
            map.Dispose();
        }

        _own.Clear();
    }
}
