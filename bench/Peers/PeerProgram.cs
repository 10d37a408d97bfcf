using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Bench.Peers;

/// <summary>A program of bench/programs with what its maps hold.</summary>
internal sealed class PeerProgram
{
    private PeerProgram(string name, ProgramSpec spec)
    {
        Name = name;
        Spec = spec;
    }

    public static IReadOnlyList<PeerProgram> All { get; } = [.. ((string[])["e", "a", "a2", "b", "c", "d"]).Select(Read)];

    public string Name { get; }

    public ProgramSpec Spec { get; }

    /// <summary>Live maps, filled.</summary>
    public IReadOnlyList<BpfMap> CreateMaps()
    {
        List<BpfMap> maps = [];
        foreach (MapSpec spec in Spec.Maps)
        {
            BpfMap map = MapFactory.Create(spec, cpuCount: 1).Map ?? throw new InvalidOperationException($"Map '{spec.Name}' cannot be made.");
            for (int key = 0; key < spec.MaxEntries; key++)
            {
                _ = map.Update(BitConverter.GetBytes(key), PeerTables.Value(spec, key));
            }

            maps.Add(map);
        }

        return maps;
    }

    /// <summary>Writes code and tables for peer.h.</summary>
    /// <returns>The file.</returns>
    public string WriteTables()
    {
        string path = Path.Combine(BenchFiles.Output, Name + ".program");
        using BinaryWriter writer = new(File.Create(path));
        byte[] code = InstructionCodec.Encode(Spec.Instructions.AsSpan());
        writer.Write(code.Length / InstructionCodec.SlotSize);
        writer.Write(code);
        WriteTables(writer, withNames: false);
        return path;
    }

    /// <summary>Writes tables for kernel_peer.c.</summary>
    /// <returns>The file.</returns>
    public string WriteNamedTables()
    {
        string path = Path.Combine(BenchFiles.Output, Name + ".tables");
        using BinaryWriter writer = new(File.Create(path));
        WriteTables(writer, withNames: true);
        return path;
    }

    private void WriteTables(BinaryWriter writer, bool withNames)
    {
        writer.Write(Spec.Maps.Length);
        foreach (MapSpec map in Spec.Maps)
        {
            if (withNames)
            {
                byte[] name = new byte[16];
                System.Text.Encoding.ASCII.GetBytes(map.Name).CopyTo(name, 0);
                writer.Write(name);
            }

            writer.Write(map.ValueSize);
            writer.Write(map.MaxEntries);
            for (int key = 0; key < map.MaxEntries; key++)
            {
                writer.Write(PeerTables.Value(map, key));
            }
        }
    }

    private static PeerProgram Read(string name)
    {
        string path = Path.Combine(BenchFiles.Folder, "programs", "objects", name + ".o");
        ElfObject read = ElfObject.Read(File.ReadAllBytes(path), name);
        return read.Succeeded ? new PeerProgram(name, read.Programs[0].Spec) : throw new InvalidOperationException($"{path}: {read.Diagnostics[0]}");
    }
}
