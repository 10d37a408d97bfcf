using System.Globalization;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Elf;

/// <summary>The functions of an object, by section and place.</summary>
internal sealed class FunctionTable
{
    internal const string SharedSection = ".text";

    private readonly Dictionary<int, List<ElfFunction>> _sections = [];

    private FunctionTable()
    {
    }

    /// <summary>The section of functions that programs call; 0 when there is none.</summary>
    internal int SharedSectionIndex { get; private set; }

    internal static FunctionTable Read(ElfFile file, FindingList findings)
    {
        FunctionTable table = new();
        foreach (ElfSection section in file.Sections)
        {
            if (section.IsCode)
            {
                table._sections.Add(section.Index, []);
                table.SharedSectionIndex = section.Name == SharedSection && table.SharedSectionIndex == 0 ? section.Index : table.SharedSectionIndex;
            }
        }

        for (int i = 0; i < file.SymbolCount; i++)
        {
            if (file.SymbolAt(i) is ElfSymbol { IsFunction: true } symbol && table._sections.TryGetValue(symbol.Section, out List<ElfFunction>? functions))
            {
                Add(file, symbol, functions, findings);
            }
        }

        foreach ((int section, List<ElfFunction> functions) in table._sections)
        {
            Order(file.Sections[section].Name, functions, findings);
        }

        return table;
    }

    /// <summary>Functions of a section, in its order.</summary>
    internal IReadOnlyList<ElfFunction> Of(int section) => _sections.TryGetValue(section, out List<ElfFunction>? functions) ? functions : [];

    /// <summary>The function that begins at a slot of a section.</summary>
    internal ElfFunction? At(int section, long slot)
    {
        if (!_sections.TryGetValue(section, out List<ElfFunction>? functions))
        {
            return null;
        }

        int low = 0;
        int high = functions.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = functions[middle].Start < slot ? (middle + 1, high) : (low, middle);
        }

        return low < functions.Count && functions[low].Start == slot ? functions[low] : null;
    }

    private static void Add(ElfFile file, in ElfSymbol symbol, List<ElfFunction> functions, FindingList findings)
    {
        ElfSection section = file.Sections[symbol.Section];
        string? name = file.NameOf(symbol);
        if (string.IsNullOrEmpty(name) || symbol.Size == 0 || symbol.Size % InstructionCodec.SlotSize != 0 || symbol.Value % InstructionCodec.SlotSize != 0
            || symbol.Value > (ulong)section.Size || symbol.Size > (ulong)section.Size - symbol.Value)
        {
            findings.Add(
                ElfDiagnostics.BadFunction, section.Name, (long)Math.Min(symbol.Value, long.MaxValue),
                string.Create(CultureInfo.InvariantCulture, $"Function '{name}' has {symbol.Size} bytes at {symbol.Value}, in a section of {section.Size}."));
            return;
        }

        functions.Add(new ElfFunction(
            name, section.Index, (int)(symbol.Value / InstructionCodec.SlotSize), (int)(symbol.Size / InstructionCodec.SlotSize), symbol.IsLocal));
    }

    private static void Order(string section, List<ElfFunction> functions, FindingList findings)
    {
        functions.Sort(static (one, other) => one.Start != other.Start ? one.Start.CompareTo(other.Start) : one.IsStatic.CompareTo(other.IsStatic));
        int kept = 0;
        for (int i = 0; i < functions.Count; i++)
        {
            if (kept > 0 && functions[i].Start < functions[kept - 1].End)
            {
                if (functions[i].Start != functions[kept - 1].Start || functions[i].Length != functions[kept - 1].Length)
                {
                    findings.Add(
                        ElfDiagnostics.BadFunction, section, (long)functions[i].Start * InstructionCodec.SlotSize,
                        $"Functions '{functions[kept - 1].Name}' and '{functions[i].Name}' overlap.");
                }

                continue; // another name of the same function
            }

            functions[kept++] = functions[i];
        }

        functions.RemoveRange(kept, functions.Count - kept);
    }
}
