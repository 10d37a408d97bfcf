using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using ReuseportPS.Bench;
using ReuseportPS.Bench.Peers;

// dotnet run -c Release --project bench -- --filter '*'      what is inside, by BenchmarkDotNet
// dotnet run -c Release --project bench -- peers             side by side with other engines
// dotnet run -c Release --project bench -- peers policies    of that only this project's policies
// dotnet run -c Release --project bench -- policies-clang    instructions of policies beside clang's for the same in C; with "kernel" also their times there
// dotnet run -c Release --project bench -- scale             groups of 4 to 32768 members, a million live flows
// dotnet run -c Release --project bench -- traces            a capture of 1 GB beside tcpdump and cat
// dotnet run -c Release --project bench -- adopt             1,024 sockets of another process adopted and steered, beside the system calls alone; needs root
if (args is ["adopt"])
{
    return AdoptCommand.Run();
}

if (args is [AdoptCommand.First, ..])
{
    return AdoptCommand.RunCold(args[1..]);
}

if (args is [AdoptCommand.Server, ..])
{
    return AdoptCommand.Serve(args[1..]);
}

if (args is ["traces"])
{
    return TracesCommand.Run();
}

if (args is ["scale"])
{
    return ScaleCommand.Run();
}

if (args is ["policies-clang"] or ["policies-clang", "kernel"])
{
    return PoliciesClangCommand.Run(inKernel: args.Length == 2);
}

if (args is ["peers"] or ["peers", "policies"])
{
    return args.Length == 1 ? PeersCommand.Run() : PeersCommand.RunPolicies();
}

// In process: BenchmarkDotNet's own projects would have to be named as the assembly is.
IConfig config = ManualConfig.Create(DefaultConfig.Instance).AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromAssembly(typeof(InterpreterBenchmarks).Assembly).Run(args, config);
return 0;
