using System.Text;
using ReuseportPS.Engine.Btf;

namespace ReuseportPS.Engine.Elf;

/// <summary>What an object declares and does not define: functions and variables of the kernel (<c>__ksym</c>), by their ids in the kernel's types.</summary>
/// <param name="file">The object.</param>
/// <param name="types">Its types as they are in the file; null when it has none.</param>
/// <param name="kernel">The kernel's types; null when they are not known.</param>
/// <param name="findings">What is wrong.</param>
internal sealed class ExternTable(ElfFile file, BtfTypes? types, BtfTypes? kernel, FindingList findings)
{
    private readonly Dictionary<string, int?> _found = new(StringComparer.Ordinal);
    private Dictionary<string, int>? _kernelSymbols;
    private HashSet<string>? _configuration;

    /// <summary>BTF id of the kernel's function or variable; 0 when there is none and the symbol is weak; null after a finding.</summary>
    /// <param name="symbol">The symbol.</param>
    /// <param name="kind">FUNC for a call, VAR for an address.</param>
    /// <param name="section">Section of the instruction.</param>
    /// <param name="offset">Its offset there.</param>
    internal int? Resolve(in ElfSymbol symbol, BtfKind kind, string section, long offset)
    {
        string name = file.NameOf(symbol) ?? "";
        if (_found.TryGetValue(name, out int? known))
        {
            return known;
        }

        int? id = Find(name, symbol, kind, section, offset);
        _found.Add(name, id);
        return id;
    }

    private int? Find(string name, in ElfSymbol symbol, BtfKind kind, string section, long offset)
    {
        ReadSections();
        if (_configuration!.Contains(name))
        {
            findings.Add(ElfDiagnostics.KernelConfiguration, section, offset, $"'{name}' is a variable of .kconfig.");
            return null;
        }

        if (!_kernelSymbols!.TryGetValue(name, out int own))
        {
            findings.Add(ElfDiagnostics.UnknownExtern, section, offset, $"'{name}' is defined nowhere.");
            return null;
        }

        ReadOnlySpan<byte> essential = CoreTypeComparer.EssentialName(Encoding.UTF8.GetBytes(name));
        bool isTyped = types!.KindOf(own) == BtfKind.Function || types.Strip(types.SizeOrTypeOf(own)) is not 0;
        int found = isTyped ? FindInKernel(essential, own, kind) : 0;
        if (found == 0 && !symbol.IsWeak)
        {
            findings.Add(
                ElfDiagnostics.KernelFunction, section, offset,
                !isTyped ? $"'{name}' is declared without a type, as an address of the kernel's symbol table."
                : kernel is null ? $"'{name}' is of the kernel, and the kernel's types are not given."
                : $"The kernel's types have no {(kind == BtfKind.Function ? "function" : "variable")} '{name}' of that type.");
            return null;
        }

        return found;
    }

    private int FindInKernel(ReadOnlySpan<byte> name, int own, BtfKind kind)
    {
        if (kernel is null || types!.KindOf(own) != kind)
        {
            return 0;
        }

        for (int id = 1; id < kernel.Count; id++)
        {
            if (kernel.KindOf(id) == kind && kernel.NameBytesOf(id).SequenceEqual(name))
            {
                CoreTypeComparer comparer = new(types, kernel);
                return comparer.AreCompatible(types.SizeOrTypeOf(own), kernel.SizeOrTypeOf(id)) ? id : 0;
            }
        }

        return 0;
    }

    private void ReadSections()
    {
        if (_kernelSymbols is not null)
        {
            return;
        }

        _kernelSymbols = new Dictionary<string, int>(StringComparer.Ordinal);
        _configuration = new HashSet<string>(StringComparer.Ordinal);
        for (int id = 1; types is not null && id < types.Count; id++)
        {
            string section = types.KindOf(id) == BtfKind.DataSection ? types.NameOf(id) : "";
            if (section is not (".ksyms" or ".kconfig"))
            {
                continue;
            }

            for (int i = 0; i < types.LengthOf(id); i++)
            {
                int item = types.TypeAt(id, i);
                if (section == ".kconfig")
                {
                    _configuration.Add(types.NameOf(item));
                }
                else if (types.KindOf(item) is BtfKind.Variable or BtfKind.Function)
                {
                    _kernelSymbols.TryAdd(types.NameOf(item), item);
                }
            }
        }
    }
}
