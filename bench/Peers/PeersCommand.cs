namespace ReuseportPS.Bench.Peers;

/// <summary><c>bench -- peers</c>: this project's engines beside those of others, in one run.</summary>
internal static class PeersCommand
{
    /// <summary>Environment variable that names where uBPF is installed: include and lib.</summary>
    private const string UbpfVariable = "REUSEPORTPS_UBPF";

    /// <summary>Only this project's policies, over all packets; printed, and written nowhere.</summary>
    public static int RunPolicies()
    {
        _ = PolicyTimes.Measure(Console.WriteLine);
        return 0;
    }

    public static int Run()
    {
        OneProcessor.Take();
        string packets = BenchFiles.Packets;
        File.WriteAllBytes(packets, PacketSet.Create());
        List<IContender> contenders = [new OwnBatch(), new OwnCompiled(), new OwnInterpreter()];
        using PeerProcess? dpdk = PeerProcess.Start("dpdk_peer.c", "-lrte_bpf -lrte_eal", "the Debian packages libdpdk-dev and pkg-config", [packets], out string problem);
        if (dpdk is null)
        {
            Console.WriteLine("Skipped: " + problem);
        }
        else
        {
            contenders.AddRange([new BytecodePeer(dpdk, "DPDK", compiled: true), new BytecodePeer(dpdk, "DPDK", compiled: false)]);
        }

        using PeerProcess? ubpf = StartUbpf(packets);
        if (ubpf is not null)
        {
            contenders.AddRange([new BytecodePeer(ubpf, "uBPF", compiled: true), new BytecodePeer(ubpf, "uBPF", compiled: false)]);
        }

        using PeerProcess? kernel = PeerProcess.Start("kernel_peer.c", "-lbpf", "the Debian package libbpf-dev", [], out problem);
        if (kernel is null)
        {
            Console.WriteLine("Skipped: " + problem);
        }
        else
        {
            contenders.AddRange([new KernelPeer(kernel), new KernelCalls(kernel), new KernelLoop(kernel)]);
        }

        Measurements measurements = Comparison.Run(contenders, Console.WriteLine);
        List<Target> targets = [.. Target.Of(measurements), DefaultSelection.Measure(), .. CompileTimes.Measure()];
        IReadOnlyList<PolicyTimes> policies = PolicyTimes.Measure(Console.WriteLine);
        ResultsPage.Write(Path.Combine(BenchFiles.Folder, "RESULTS.md"), contenders, measurements, policies, targets);
        foreach (Target target in targets)
        {
            Console.WriteLine(FormattableString.Invariant($"{target.Id,-7}{target.Outcome,-13}{target.Value:0.00} ({(target.IsLeast ? "at least" : "at most")} {target.Bound:0.00}) {target.Text}"));
        }

        return 0;
    }

    private static PeerProcess? StartUbpf(string packets)
    {
        string problem = $"ubpf_peer.c: {UbpfVariable} does not name where uBPF is installed (the file says how to build it).";
        PeerProcess? peer = Environment.GetEnvironmentVariable(UbpfVariable) is { Length: > 0 } folder
            ? PeerProcess.Start("ubpf_peer.c", $"'-I{folder}/include' '-L{folder}/lib' -lubpf -lm", $"uBPF in {folder}", [packets], out problem)
            : null;
        if (peer is null)
        {
            Console.WriteLine("Skipped: " + problem);
        }

        return peer;
    }
}
