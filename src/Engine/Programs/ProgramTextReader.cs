using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Programs;

/// <summary>Reads the directives of a program's text and checks its code. See <see cref="ProgramText"/>.</summary>
internal sealed class ProgramTextReader(string text, string? source)
{
    private static readonly ImmutableArray<string> s_directives = [".program", ".type", ".attach", ".license", ".map", ".inner", ".entry", ".kfunc", ".insn"];

    private static readonly ImmutableArray<string> s_properties = ["key", "value", "entries", "flags", "extra", "spin_lock", "numa_node", "frozen"];

    private readonly AssemblySyntax _syntax = AssemblySyntax.Read(text, source);
    private readonly HashSet<string> _once = new(StringComparer.Ordinal);

    // Each map with its templates, outermost first.
    private readonly List<List<MapSpec>> _maps = [];
    private readonly List<string> _kernelFunctions = [];
    private ImmutableArray<Token> _arguments;
    private int _at;
    private int _line;

    private Token Next => _arguments[Math.Min(_at, _arguments.Length - 1)];

    public ProgramReading Read(string name)
    {
        ProgramType? type = null;
        AttachType? attach = null;
        string? license = null;
        foreach (AssemblyDirective directive in _syntax.Directives)
        {
            (_arguments, _at, _line) = (directive.Arguments, 0, directive.Place.Line!.Value);
            switch (directive.Name)
            {
                case ".program" when Once(directive):
                    name = Name("the name of the program") ?? name;
                    break;
                case ".type" when Once(directive):
                    type = Choice(ProgramWords.ProgramTypes, "program type");
                    break;
                case ".attach" when Once(directive):
                    attach = Choice(ProgramWords.AttachTypes, "attach type");
                    break;
                case ".license" when Once(directive):
                    license = Name("the licence, such as \"MIT\"");
                    break;
                case ".map":
                    _maps.Add([]);
                    ReadMap();
                    break;
                case ".inner" when Follows(directive):
                    ReadMap();
                    break;
                case ".entry" when Follows(directive):
                    ReadEntry();
                    break;
                case ".kfunc":
                    _kernelFunctions.Add(Name("the name of a kernel function") ?? "");
                    break;
                case ".program" or ".type" or ".attach" or ".license" or ".inner" or ".entry":
                    continue;
                default:
                    string? meant = Spelling.Closest(directive.Name, s_directives);
                    _syntax.Findings.Add(AssemblyDiagnostics.UnknownDirective.At(
                        directive.Place, $"There is no directive '{directive.Name}'.", meant is null ? null : $"Did you mean '{meant}'?"));
                    continue;
            }

            if (Next.Kind != TokenKind.End)
            {
                Bad(Next, $"{Next} is one value too many.");
            }
        }

        type ??= ProgramType.SkReuseport;
        attach ??= type == ProgramType.SkReuseport ? AttachType.SkReuseportSelect : AttachType.None;
        ImmutableArray<MapSpec> maps = [.. _maps.Where(levels => levels.Count > 0).Select(Nest)];
        AssemblyResult code = _syntax.Resolve(new AssemblyNames { Maps = [.. maps.Select(map => map.Name)], Helpers = HelperNames.All, KernelFunctions = [.. _kernelFunctions] });
        ImmutableArray<Diagnostic> findings = code.Succeeded ? [.. code.Diagnostics, .. Check(code, type.Value, maps.Length)] : code.Diagnostics;
        ProgramSpec spec = new(name, type.Value, attach.Value, code.Instructions, maps) { KernelFunctions = [.. _kernelFunctions] };
        return new ProgramReading(
            findings.Any(finding => finding.Severity == DiagnosticSeverity.Error) ? null : license is null ? spec : spec with { License = license },
            findings);
    }

    private static MapSpec Nest(List<MapSpec> levels)
    {
        MapSpec map = levels[^1];
        for (int i = levels.Count - 2; i >= 0; i--)
        {
            map = levels[i] with { Inner = map };
        }

        return map;
    }

    /// <summary>What is malformed in the code, with the places of the text.</summary>
    private static IEnumerable<Diagnostic> Check(AssemblyResult code, ProgramType type, int mapCount)
    {
        bool loadsPackets = type is ProgramType.SocketFilter or ProgramType.SchedClassifier;
        Dictionary<int, SourceLocation> places = [];
        List<Diagnostic> findings = [];
        int slot = 0;
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            Instruction instruction = code.Instructions[i];
            places[slot] = code.Places[i];
            slot += instruction.SlotCount;
            if (instruction.IsWide && (WideLoadKind)instruction.Source is WideLoadKind.Map or WideLoadKind.MapValue or WideLoadKind.MapIndex or WideLoadKind.MapIndexValue &&
                (uint)instruction.Immediate >= (uint)mapCount)
            {
                findings.Add(ProgramDiagnostics.NoSuchMap.At(
                    code.Places[i], string.Create(CultureInfo.InvariantCulture, $"There is no map {instruction.Immediate}; the text declares {mapCount}."), "Declare it with .map."));
            }
        }

        foreach (Diagnostic finding in InstructionChecker.Check(code.Instructions.AsSpan()))
        {
            if (!(loadsPackets && finding.Code == InstructionDiagnostics.PacketLoadRefused.Code))
            {
                SourceLocation? place = finding.Location?.Instruction is int at ? places.GetValueOrDefault(at) : null;
                findings.Add(finding with { Location = place ?? finding.Location });
            }
        }

        return findings.OrderBy(finding => finding.Location?.Line);
    }

    private bool Once(AssemblyDirective directive)
    {
        if (_once.Add(directive.Name))
        {
            return true;
        }

        _syntax.Findings.Add(AssemblyDiagnostics.MisplacedDirective.At(directive.Place, $"A text has one program and one '{directive.Name}'."));
        return false;
    }

    private bool Follows(AssemblyDirective directive)
    {
        if (_maps.Count > 0)
        {
            return true;
        }

        _syntax.Findings.Add(AssemblyDiagnostics.MisplacedDirective.At(directive.Place, $"'{directive.Name}' belongs to a map, and none stands before it."));
        return false;
    }

    // .map NAME TYPE key=4 value=8 entries=64 flags=mmapable|inner_map frozen, and extra=, spin_lock=, numa_node=
    private void ReadMap()
    {
        string? name = Name("the name of the map");
        MapType? type = name is null ? null : Choice(ProgramWords.MapTypes, "map type");
        if (type is null)
        {
            _at = _arguments.Length - 1;
            return;
        }

        MapSpec map = new(name!, type.Value, 0, 0, 0);
        HashSet<string> seen = [];
        while (Next.Kind != TokenKind.End)
        {
            Token key = Next;
            _at++;
            bool isKnown = key is { Kind: TokenKind.Word } && s_properties.Contains(key.Text);
            if (!isKnown || !seen.Add(key.Text))
            {
                string? meant = Spelling.Closest(key.Text, s_properties);
                Bad(key, isKnown ? $"{key} stands twice." : $"{key} is no property of a map.", isKnown || meant is null ? null : $"Did you mean '{meant}'?");
                return;
            }

            if (key.Text == "frozen")
            {
                map = map with { Frozen = true };
                continue;
            }

            if (!Next.Is("="))
            {
                Bad(Next, $"Expected =, found {Next}.");
                return;
            }

            _at++;
            map = key.Text switch
            {
                "key" => map with { KeySize = Number() },
                "value" => map with { ValueSize = Number() },
                "entries" => map with { MaxEntries = Number() },
                "extra" => map with { Extra = Number64() },
                "spin_lock" => map with { SpinLockOffset = Number() },
                "numa_node" => map with { NumaNode = Number() },
                _ => map with { Flags = Flags() },
            };
        }

        _maps[^1].Add(map);
    }

    // .entry KEY VALUE, each in hex as it lies in memory; - for no bytes
    private void ReadEntry()
    {
        ImmutableArray<byte>? key = Bytes();
        ImmutableArray<byte>? value = key is null ? null : Bytes();
        if (key is not null && value is not null && _maps[^1] is [.., MapSpec map])
        {
            _maps[^1][^1] = map with { Contents = map.Contents.Add(new MapEntry(key.Value, value.Value)) };
        }
    }

    private ImmutableArray<byte>? Bytes()
    {
        Token token = Next;
        if (token.Is("-"))
        {
            _at++;
            return [];
        }

        if (token.Kind is not (TokenKind.Number or TokenKind.Word) || token.Text.Length % 2 != 0 || !token.Text.All(char.IsAsciiHexDigit))
        {
            Bad(token, $"Expected bytes in hexadecimal, two digits each, found {token}.");
            return null;
        }

        _at++;
        return [.. Convert.FromHexString(token.Text)];
    }

    private string? Name(string what)
    {
        if (Next.Kind is not (TokenKind.Word or TokenKind.Text))
        {
            Bad(Next, $"Expected {what}, found {Next}.");
            return null;
        }

        return _arguments[_at++].Text;
    }

    private T? Choice<T>(ImmutableArray<(string Word, T Value)> words, string what)
        where T : struct, Enum
    {
        Token token = Next;
        foreach ((string word, T value) in words)
        {
            if (token.IsWord(word))
            {
                _at++;
                return value;
            }
        }

        if (token is { Kind: TokenKind.Number, Value: <= int.MaxValue and ulong number })
        {
            _at++;
            return (T)Enum.ToObject(typeof(T), (int)number);
        }

        string? meant = token.Kind == TokenKind.Word ? Spelling.Closest(token.Text, words.Select(x => x.Word)) : null;
        Bad(token, $"There is no {what} {token}.", meant is null ? $"Write one of {string.Join(", ", words.Select(x => x.Word))}, or its number." : $"Did you mean '{meant}'?");
        return null;
    }

    private int Number() => (int)Number64(int.MaxValue);

    private ulong Number64(ulong most = ulong.MaxValue)
    {
        Token token = Next;
        if (token is { Kind: TokenKind.Number, Value: ulong number } && number <= most)
        {
            _at++;
            return number;
        }

        Bad(token, $"Expected a number from 0 to {most}, found {token}.");
        return 0;
    }

    private MapFlags Flags()
    {
        MapFlags flags = MapFlags.None;
        while (true)
        {
            if (Next is { Kind: TokenKind.Number, Value: <= uint.MaxValue and ulong bits })
            {
                _at++;
                flags |= (MapFlags)(uint)bits;
            }
            else if (Choice(ProgramWords.MapFlagBits, "map flag") is MapFlags flag)
            {
                flags |= flag;
            }
            else
            {
                return flags;
            }

            if (!Next.Is("|"))
            {
                return flags;
            }

            _at++;
        }
    }

    // What follows a bad value is not judged.
    private void Bad(Token token, string message, string? remedy = null)
    {
        _syntax.Findings.Add(AssemblyDiagnostics.BadDirective.At(new SourceLocation(source, _line, token.Column), message, remedy));
        _at = _arguments.Length - 1;
    }
}
