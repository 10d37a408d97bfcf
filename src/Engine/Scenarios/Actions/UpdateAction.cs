using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>BPF_MAP_UPDATE_ELEM.</summary>
internal sealed record UpdateAction(string Map, long Key, MapUpdateFlags Flags) : IScenarioAction
{
    private static readonly ImmutableArray<(string Word, long Value)> s_flags = [("any", 0), ("noexist", 1), ("exist", 2), ("lock", 4)];

    public static ActionDefinition Definition { get; } = new(
        "update", "Writes an entry of a map: a socket into a seat, a map, a program, or numbers. Several sockets go into the keys from the one given on.",
        [
            new("map", FieldKinds.Known(NameKind.Map), "The map.", true),
            new("key", FieldKinds.Number, "The key; 0 by default."),
            new("socket", FieldKinds.KnownList(NameKind.Socket), "The socket, or several."),
            new("connection", FieldKinds.Known(NameKind.Connection), "An end of a connection, as a socket."),
            new("inner", FieldKinds.Known(NameKind.Map), "A map."),
            new("program", FieldKinds.Known(NameKind.Program), "A program."),
            new("value", FieldKinds.Numbers, "Numbers, each of an equal part of the value. Of a socket map: a descriptor's number."),
            new("flags", FieldKinds.Flags(s_flags), "any (by default), noexist, exist, lock, or a number."),
        ],
        fields => fields.OneOf("socket", "connection", "inner", "program", "value") is null ? null : new UpdateAction(
            fields.Get<string>("map"), fields.Number("key") ?? 0, (MapUpdateFlags)(ulong)(fields.Number("flags") ?? 0))
        {
            Sockets = fields.Get<ImmutableArray<string>>("socket", []),
            Connection = fields.Find<string>("connection"),
            Inner = fields.Find<string>("inner"),
            Program = fields.Find<string>("program"),
            Value = fields.Get<ImmutableArray<long>>("value", []),
        });

    public ImmutableArray<string> Sockets { get; init; } = [];

    public string? Connection { get; init; }

    public string? Inner { get; init; }

    public string? Program { get; init; }

    public ImmutableArray<long> Value { get; init; } = [];

    public Observation? Run(ScenarioHost host)
    {
        IBackendMap map = host.Map(Map);
        uint key = unchecked((uint)Key);
        foreach (string name in Sockets)
        {
            map.UpdateSocket(key++, host.Socket(name), Flags);
        }

        if (Connection is not null)
        {
            map.UpdateSocket(key, host.Connection(Connection), Flags);
        }
        else if (Inner is not null)
        {
            map.UpdateMap(key, host.Map(Inner));
        }
        else if (Program is not null)
        {
            map.UpdateProgram(key, host.Program(Program).Program ?? throw new ScenarioException($"program '{Program}' is classic and can be in no map"));
        }
        else if (!Value.IsEmpty)
        {
            map.Update(MapKeys.Of(map, Key), MapKeys.Bytes(Value, map.Spec.ValueSize), Flags);
        }

        return null;
    }
}
