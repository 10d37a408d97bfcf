using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Asm;

/// <summary>A text that has been read: its instructions, the names in them still open, and its directives.</summary>
internal sealed class AssemblySyntax
{
    // Names that a misspelt one is compared with.
    private const int MostCandidates = 1000;

    private readonly List<Item> _items = [];
    private readonly Dictionary<string, (int Slot, SourceLocation Place)> _labels = new(StringComparer.Ordinal);
    private readonly string? _source;
    private int _slots;

    private AssemblySyntax(string? source) => _source = source;

    public List<AssemblyDirective> Directives { get; } = [];

    public DiagnosticBag Findings { get; } = new(AssemblyDiagnostics.MoreFindings);

    public static AssemblySyntax Read(string text, string? source)
    {
        AssemblySyntax syntax = new(source);
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            syntax.ReadLine(line.ToString(), ++number);
        }

        return syntax;
    }

    /// <summary>The code, its names looked up.</summary>
    public AssemblyResult Resolve(AssemblyNames names)
    {
        if (_items.Count == 0 && !Findings.HasErrors)
        {
            Findings.Add(AssemblyDiagnostics.Empty.At(new SourceLocation(_source, 1, 1), "The text has no instruction."));
        }

        Dictionary<string, int> helpers = new(StringComparer.Ordinal);
        foreach ((int number, string name) in names.Helpers)
        {
            helpers.TryAdd(name, number);
        }

        ImmutableArray<Instruction>.Builder code = ImmutableArray.CreateBuilder<Instruction>(_items.Count);
        int slot = 0;
        foreach (Item item in _items)
        {
            code.Add(item.Reference is Reference reference ? Resolve(item.Instruction, reference, slot, names, helpers) : item.Instruction);
            slot += item.Instruction.SlotCount;
        }

        ImmutableSortedDictionary<int, string> labels = _labels
            .GroupBy(label => label.Value.Slot)
            .ToImmutableSortedDictionary(group => group.Key, group => group.First().Key);
        return new AssemblyResult(Findings.HasErrors ? [] : code.ToImmutable(), [.. _items.Select(item => item.Place)], labels, InOrder(Findings.ToImmutable()));
    }

    // What has no place says that there are more.
    private static ImmutableArray<Diagnostic> InOrder(ImmutableArray<Diagnostic> findings) =>
        [.. findings.OrderBy(finding => finding.Location?.Line ?? int.MaxValue).ThenBy(finding => finding.Location?.Column)];

    private void ReadLine(string line, int number)
    {
        List<Token> tokens = Lexer.Read(line, out int strange);
        if (strange > 0)
        {
            char character = line[strange - 1];
            Findings.Add(AssemblyDiagnostics.StrangeCharacter.At(
                new SourceLocation(_source, number, strange),
                character == '"' ? "The quotes are not closed."
                : char.IsControl(character) || char.IsSurrogate(character) ? string.Create(CultureInfo.InvariantCulture, $"The character U+{(int)character:X4} is not of the language.")
                : $"'{character}' is not of the language."));
            return;
        }

        int first = ReadLabels(tokens, number);
        Token word = tokens[first];
        if (word.Kind == TokenKind.End)
        {
            return;
        }

        SourceLocation place = new(_source, number, word.Column);
        if (word is { Kind: TokenKind.Word, Text: ['.', ..] } && word.Text != ".insn")
        {
            Directives.Add(new AssemblyDirective(word.Text, [.. tokens.Skip(first + 1)], place));
            return;
        }

        InstructionParser parser = new(tokens, first, number, _source, Findings);
        if (!parser.TryParse(out Instruction instruction, out Reference? reference))
        {
            // It keeps its place, so that labels around it mean what they say.
            (instruction, reference) = (default, null);
        }

        _items.Add(new Item(instruction, reference, place));
        _slots += instruction.SlotCount;
    }

    // "name:", any number of them, or objdump's "0000000000000000 <name>:".
    private int ReadLabels(List<Token> tokens, int number)
    {
        if (tokens is [{ Kind: TokenKind.Number }, { Text: "<" }, { Kind: TokenKind.Word } header, { Text: ">" }, { Text: ":" }, { Kind: TokenKind.End }])
        {
            AddLabel(header, number);
            return tokens.Count - 1;
        }

        int first = 0;
        while (tokens[first].Kind == TokenKind.Word && tokens[first + 1].Is(":"))
        {
            AddLabel(tokens[first], number);
            first += 2;
        }

        return first;
    }

    private void AddLabel(Token name, int number)
    {
        SourceLocation place = new(_source, number, name.Column);
        if (InstructionParser.IsReserved(name.Text))
        {
            Findings.Add(AssemblyDiagnostics.Expected.At(place, $"'{name.Text}' has a meaning of its own and cannot be a label.", "Choose another name."));
        }
        else if (!_labels.TryAdd(name.Text, (_slots, place)))
        {
            Findings.Add(AssemblyDiagnostics.DuplicateLabel.At(
                place, string.Create(CultureInfo.InvariantCulture, $"Label '{name.Text}' stands already in line {_labels[name.Text].Place.Line}.")));
        }
    }

    private Instruction Resolve(Instruction instruction, Reference reference, int slot, AssemblyNames names, Dictionary<string, int> helpers)
    {
        switch (reference.Kind)
        {
            case ReferenceKind.Map:
                if (names.MapIndex(reference.Name) is int index)
                {
                    return instruction with { Immediate = index };
                }

                Findings.Add(names.Maps.Contains(reference.Name)
                    ? AssemblyDiagnostics.DuplicateMap.At(reference.Place, $"Two maps have the name '{reference.Name}'.")
                    : AssemblyDiagnostics.UnknownMap.At(reference.Place, $"There is no map '{reference.Name}'.", DidYouMean(reference.Name, names.Maps)));
                return instruction;

            case ReferenceKind.Function when reference.Number is null && !_labels.ContainsKey(reference.Name) && names.KernelFunctions.IndexOf(reference.Name) is >= 0 and int function:
                return instruction with { Source = (byte)CallKind.Kernel, Immediate = function };

            case ReferenceKind.Function when reference.Number is not null || !_labels.ContainsKey(reference.Name):
                return instruction with { Immediate = HelperNumber(reference, helpers) };

            case ReferenceKind.Function:
                return instruction with { Source = (byte)CallKind.Local, Immediate = DistanceTo(reference, slot + 1) };

            case ReferenceKind.FarLabel:
                return instruction with { Immediate = DistanceTo(reference, slot + 1) };

            default:
                int distance = DistanceTo(reference, slot + 1);
                if (distance != (short)distance)
                {
                    Findings.Add(AssemblyDiagnostics.LabelOutOfReach.At(
                        reference.Place, string.Create(CultureInfo.InvariantCulture, $"Label '{reference.Name}' is {distance} slots away.")));
                }

                return instruction with { Offset = (short)distance };
        }
    }

    private int DistanceTo(Reference reference, int from)
    {
        if (!_labels.TryGetValue(reference.Name, out (int Slot, SourceLocation Place) label))
        {
            Findings.Add(AssemblyDiagnostics.UndefinedLabel.At(reference.Place, $"There is no label '{reference.Name}'.", DidYouMean(reference.Name, _labels.Keys)));
            return 0;
        }

        if (label.Slot == _slots)
        {
            Findings.Add(AssemblyDiagnostics.LabelBeforeNothing.At(reference.Place, $"No instruction follows the label '{reference.Name}'."));
        }

        return label.Slot - from;
    }

    private int HelperNumber(Reference reference, Dictionary<string, int> helpers)
    {
        string name = reference.Name.StartsWith("bpf_", StringComparison.Ordinal) ? reference.Name["bpf_".Length..] : reference.Name;
        if (helpers.TryGetValue(name, out int number))
        {
            if (reference.Number is int wanted && wanted != number)
            {
                Findings.Add(AssemblyDiagnostics.UnknownFunction.At(
                    reference.Place, string.Create(CultureInfo.InvariantCulture, $"bpf_{name} is helper {number}, not {wanted}."), "Write the name or the number alone."));
            }

            return number;
        }

        if (reference.Number is int alone)
        {
            // A name that only the reader of a listing needs.
            return alone;
        }

        Findings.Add(AssemblyDiagnostics.UnknownFunction.At(
            reference.Place, $"There is no label and no helper '{reference.Name}'.",
            DidYouMean(reference.Name, _labels.Keys) ?? DidYouMean("bpf_" + name, helpers.Keys.Select(helper => "bpf_" + helper))));
        return 0;
    }

    private string? DidYouMean(string word, IEnumerable<string> candidates) =>
        !Findings.IsFull && Spelling.Closest(word, candidates.Take(MostCandidates)) is string meant ? $"Did you mean '{meant}'?" : null;

    private readonly record struct Item(Instruction Instruction, Reference? Reference, SourceLocation Place);
}
