using System.Collections.Immutable;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>recv(2): data, the end of the stream, a reset, or nothing.</summary>
internal sealed record ReceiveAction(string At, ImmutableArray<byte>? Data, string Sees) : IScenarioAction
{
    private static readonly TimeSpan s_nothing = TimeSpan.FromMilliseconds(20);

    public static ActionDefinition Definition { get; } = new(
        "receive", "Holds what a socket or an end of a connection sees next to something: data, or one of `end` (the other side closed), `reset`, `refused` and `nothing`.",
        [
            new("at", FieldKinds.Known(NameKind.Connection, NameKind.Socket), "The socket or end.", true),
            new("data", FieldKinds.Bytes, "The data that must come."),
            new("sees", FieldKinds.Word("end", "reset", "refused", "nothing"), "What must come in place of data."),
        ],
        fields => fields.OneOf("data", "sees") is null ? null : new ReceiveAction(
            fields.Get<string>("at"), fields.Has("data") ? fields.Get<ImmutableArray<byte>>("data") : null, fields.Get("sees", "data")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        IBackendSocket end = host.End(At);
        string expected = Data is { } data ? Text(data.AsSpan()) : Sees;
        TimeSpan patience = expected == "nothing" ? s_nothing : ScenarioHost.Patience;
        return Observation.Of(expected, host.Backend.WaitForArrival([end], patience) is null ? "nothing" : See(end));
    }

    private static string See(IBackendSocket end)
    {
        byte[] buffer = new byte[65536];
        try
        {
            return !end.TryReceive(buffer, out int length, out _) ? "nothing"
                : length == 0 && end.Protocol == Packets.TransportProtocol.Tcp ? "end"
                : Text(buffer.AsSpan(0, length));
        }
        catch (BackendException exception)
        {
            return exception.Errno switch
            {
                Errno.ECONNRESET or Errno.EPIPE => "reset",
                Errno.ECONNREFUSED => "refused",
                _ => exception.Errno.ToString(),
            };
        }
    }

    private static string Text(ReadOnlySpan<byte> data)
    {
        foreach (byte value in data)
        {
            if (value is < 0x20 or > 0x7e)
            {
                return $"0x{Convert.ToHexStringLower(data)}";
            }
        }

        return $"'{Encoding.ASCII.GetString(data)}'";
    }
}
