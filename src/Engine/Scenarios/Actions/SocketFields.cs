using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>The keys that say what a new socket is, shared by the actions that make one.</summary>
internal static class SocketFields
{
    public static ImmutableArray<ActionField> Options { get; } =
    [
        new("process", FieldKinds.New(NameKind.Process), "The process that holds it; `main` by default."),
        new("reuseport", FieldKinds.Switch, "SO_REUSEPORT before bind; true by default."),
        new("reuseaddr", FieldKinds.Switch, "SO_REUSEADDR before bind; false by default."),
        new("v6only", FieldKinds.Switch, "IPV6_V6ONLY; the kernel's default (false) when absent."),
        new("incoming-cpu", FieldKinds.Number, "SO_INCOMING_CPU."),
        new("defer-accept", FieldKinds.Number, "TCP_DEFER_ACCEPT in seconds, before bind."),
        new("device", FieldKinds.Text, "SO_BINDTODEVICE; every namespace has `lo`."),
        new("uid", FieldKinds.Number, "The user whose process makes it."),
    ];

    public static Func<ScenarioHost, IBackendSocket> Creator(ActionFields fields, TransportProtocol protocol, IpFamily family)
    {
        SocketSpec spec = new(
            protocol, family, fields.Get("reuseport", true), fields.Has("v6only") ? fields.Get<bool>("v6only") : null,
            (int?)fields.Number("incoming-cpu"), fields.Find<string>("device"), (uint?)fields.Number("uid"));
        bool reuseAddress = fields.Get("reuseaddr", false);
        int? defer = (int?)fields.Number("defer-accept");
        return host =>
        {
            IBackendSocket socket = host.Backend.CreateSocket(spec, host.Network);
            try
            {
                if (reuseAddress)
                {
                    socket.SetOption(SocketOption.ReuseAddress, 1);
                }

                if (defer is int seconds)
                {
                    socket.SetOption(SocketOption.DeferAccept, seconds);
                }

                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };
    }
}
