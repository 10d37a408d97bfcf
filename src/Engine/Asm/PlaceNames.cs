using System.Globalization;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Asm;

/// <summary>Labels of a program: the given names where they can be written, made-up ones at the other places that jumps and calls lead to.</summary>
internal sealed class PlaceNames
{
    private readonly SortedDictionary<int, string> _names = [];

    public bool Has(string name) => _names.ContainsValue(name);

    public string? NameOf(int slot) => _names.GetValueOrDefault(slot);

    public static PlaceNames Of(ReadOnlySpan<Instruction> instructions, AssemblyNames names)
    {
        HashSet<int> starts = [];
        SortedDictionary<int, bool> targets = [];
        int slot = 0;
        foreach (ref readonly Instruction instruction in instructions)
        {
            starts.Add(slot);
            if (OpcodeTable.Find(instruction) is InstructionForm form && InstructionChecker.TargetOf(instruction, form, slot) is long target and >= 0 and <= int.MaxValue)
            {
                bool isFunction = form.Kind is InstructionKind.Call or InstructionKind.WideLoad;
                targets[(int)target] = isFunction || targets.GetValueOrDefault((int)target);
            }

            slot += instruction.SlotCount;
        }

        PlaceNames places = new();
        HashSet<string> taken = [.. names.Helpers.Values, .. names.Helpers.Values.Select(name => "bpf_" + name), .. names.KernelFunctions];
        foreach ((int place, string name) in names.Labels.OrderBy(label => label.Key))
        {
            if (starts.Contains(place) && Lexer.IsWord(name) && !InstructionParser.IsReserved(name) && taken.Add(name))
            {
                places._names.Add(place, name);
            }
        }

        foreach ((int place, bool isFunction) in targets)
        {
            if (starts.Contains(place) && !places._names.ContainsKey(place))
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{(isFunction ? "function_" : "L")}{place}");
                while (!taken.Add(name))
                {
                    name += "_";
                }

                places._names.Add(place, name);
            }
        }

        return places;
    }
}
