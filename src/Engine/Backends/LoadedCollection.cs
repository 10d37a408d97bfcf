using System.Collections.Immutable;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends;

/// <summary>The live maps and programs of a <see cref="ProgramCollection"/>. They go with it, but for what else holds them: attachments, pins, other maps.</summary>
public sealed class LoadedCollection : IDisposable
{
    private LoadedCollection(ImmutableArray<IBackendMap> maps, ImmutableArray<IBackendProgram> programs)
    {
        Maps = maps;
        Programs = programs;
    }

    /// <summary>The maps, in the order of the collection.</summary>
    public ImmutableArray<IBackendMap> Maps { get; }

    /// <summary>The programs, in the order of the collection.</summary>
    public ImmutableArray<IBackendProgram> Programs { get; }

    /// <summary>Makes the maps, loads the programs, then fills PROG_ARRAYs and maps of maps. Maps are made anew, also those that the source asks to be pinned.</summary>
    /// <exception cref="BackendException">The backend refused something; nothing is left behind.</exception>
    public static LoadedCollection Load(IReuseportBackend backend, ProgramCollection collection)
    {
        List<IBackendMap> maps = [];
        List<IBackendProgram> programs = [];
        try
        {
            Dictionary<MapSpec, IBackendMap> live = new(ReferenceEqualityComparer.Instance);
            foreach (MapSpec spec in collection.Maps)
            {
                maps.Add(backend.CreateMap(spec));
                live.Add(spec, maps[^1]);
            }

            foreach (ProgramSpec spec in collection.Programs)
            {
                programs.Add(backend.LoadProgram(spec, [.. spec.Maps.Select(map => live[map])]));
            }

            foreach (MapSlot slot in collection.Slots)
            {
                if (collection.Maps[slot.Map].Type == MapType.ProgArray)
                {
                    maps[slot.Map].UpdateProgram(slot.Key, programs[slot.Target]);
                }
                else
                {
                    maps[slot.Map].UpdateMap(slot.Key, maps[slot.Target]);
                }
            }

            return new LoadedCollection([.. maps], [.. programs]);
        }
        catch
        {
            Release(maps, programs);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release(Maps, Programs);

    private static void Release(IEnumerable<IBackendMap> maps, IEnumerable<IBackendProgram> programs)
    {
        foreach (IBackendProgram program in programs)
        {
            program.Dispose();
        }

        foreach (IBackendMap map in maps)
        {
            map.Dispose();
        }
    }
}
