using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>
/// A trace made from a seed (xoshiro256**): whole IPv4 or IPv6 packets with valid checksums, the flows mixed at random. Memory is about
/// 72 bytes per flow (twice that while the flows are drawn) and 13 per flow and open reader, whatever the number of packets.
/// </summary>
public sealed class GeneratedTrace : IPacketSource
{
    private readonly Lazy<FlowTable> _flows;

    /// <summary>A trace of these options, which must be valid.</summary>
    /// <exception cref="DiagnosticException">The options have errors (<see cref="GeneratedTraceOptions.Validate"/>).</exception>
    public GeneratedTrace(GeneratedTraceOptions options)
    {
        ImmutableArray<Diagnostic> errors = options.Validate();
        if (!errors.IsEmpty)
        {
            throw new DiagnosticException(errors);
        }

        Options = options;
        _flows = new Lazy<FlowTable>(() => new FlowTable(options));
    }

    /// <summary>What the trace consists of.</summary>
    public GeneratedTraceOptions Options { get; }

    /// <inheritdoc/>
    public string Description => string.Create(CultureInfo.InvariantCulture, $"generated, seed {Options.Seed}");

    /// <inheritdoc/>
    public IPacketReader Open() => new GeneratedTraceReader(Options, _flows.Value);
}
