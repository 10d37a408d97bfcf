using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>The first entries of a socket map.</summary>
internal sealed record ExpectSeatsAction(string Map, ImmutableArray<string> Seats) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "expect-seats", "Holds the first entries of a socket map, from key 0 on, to sockets.",
        [
            new("map", FieldKinds.Known(NameKind.Map), "The map, with values of 8 bytes.", true),
            new("seats", FieldKinds.Seats, "The sockets by key; `empty` for none.", true),
        ],
        fields => new ExpectSeatsAction(fields.Get<string>("map"), fields.Get<ImmutableArray<string>>("seats")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        IBackendMap map = host.Map(Map);
        string expected = string.Join(", ", Seats);
        string actual = "";
        _ = host.Becomes(() => (actual = string.Join(", ", Seats.Select((_, key) => host.NameOf(CookieAt(map, key))))) == expected);
        return Observation.Of(expected, actual);
    }

    private static ulong CookieAt(IBackendMap map, int key) =>
        map.Lookup(MapKeys.Of(map, key)) is { Length: 8 } value ? BinaryPrimitives.ReadUInt64LittleEndian(value) : 0;
}
