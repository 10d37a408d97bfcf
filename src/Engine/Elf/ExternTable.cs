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
    private readonly Dictionary<(string Name, bool IsCall), KernelSymbol?> _found = [];
    private Dictionary<string, int>? _kernelSymbols;
    private HashSet<string>? _configuration;

    /// <summary>
    /// What a symbol is in the kernel; null after a finding. A call needs no more than the name, which a backend looks up in its kernel; an address is
    /// an id in one kernel's types. A weak symbol is missing from a kernel that is not known.
    /// </summary>
    /// <param name="symbol">The symbol.</param>
    /// <param name="isCall">Whether it is called.</param>
    /// <param name="section">Section of the instruction.</param>
    /// <param name="offset">Its offset there.</param>
    internal KernelSymbol? Resolve(in ElfSymbol symbol, bool isCall, string section, long offset)
    {
        string name = file.NameOf(symbol) ?? "";
        if (_found.TryGetValue((name, isCall), out KernelSymbol? known))
        {
            return known;
        }

        KernelSymbol? found = Find(name, symbol.IsWeak, isCall, section, offset);
        _found.Add((name, isCall), found);
        return found;
    }

    private KernelSymbol? Find(string name, bool isWeak, bool isCall, string section, long offset)
    {
        ReadSections();
        if (_configuration!.Contains(name))
        {
            findings.Add(ElfDiagnostics.KernelConfiguration, section, offset, $"'{name}' is a variable of .kconfig.");
            return null;
        }

        if (!_kernelSymbols!.TryGetValue(name, out int own) || (isCall && types!.KindOf(own) != BtfKind.Function))
        {
            findings.Add(ElfDiagnostics.UnknownExtern, section, offset, $"'{name}' is defined nowhere.");
            return null;
        }

        string essential = Encoding.UTF8.GetString(CoreTypeComparer.EssentialName(Encoding.UTF8.GetBytes(name)));
        bool isTyped = types!.KindOf(own) == BtfKind.Function || types.Strip(types.SizeOrTypeOf(own)) is not 0;
        int id = isTyped ? FindInKernel(essential, own) : 0;
        if (id != 0 || (isCall && kernel is null && !isWeak))
        {
            return new KernelSymbol(essential, id, IsMissing: false);
        }

        if (isWeak)
        {
            return new KernelSymbol(essential, 0, IsMissing: true);
        }

        findings.Add(
            ElfDiagnostics.KernelFunction, section, offset,
            !isTyped ? $"'{name}' is declared without a type, as an address of the kernel's symbol table."
            : kernel is null ? $"'{name}' is of the kernel, and the kernel's types are not given."
            : $"The kernel's types have no '{name}' of that type.");
        return null;
    }

    private int FindInKernel(string name, int own)
    {
        return kernel?.Find(types!.KindOf(own), name) is int id
            && new CoreTypeComparer(types, kernel).AreCompatible(types.SizeOrTypeOf(own), kernel.SizeOrTypeOf(id))
                ? id
                : 0;
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
