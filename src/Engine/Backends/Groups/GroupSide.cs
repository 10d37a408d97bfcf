using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What can decide for a group: a policy, a program in its place, or nothing; with its programs, one per kernel group, and its maps.</summary>
internal sealed class GroupSide : IDisposable
{
    public required int Generation { get; init; }

    public required ImmutableArray<IBackendProgram> Programs { get; init; }

    public SteeringPolicy? Policy { get; init; }

    public LivePolicy? Live { get; init; }

    public AppliedProgram? Program { get; init; }

    public LiveProgram? LiveProgram { get; init; }

    /// <summary>The policy's number and time; its text is the policy's own.</summary>
    public PolicyVersion? Version { get; init; }

    /// <summary>Epoch of the policy's data as it was recorded.</summary>
    public uint SavedEpoch { get; init; }

    /// <summary>What it is called: for messages.</summary>
    public string Name => Policy is not null ? $"policy '{Policy.Name}'" : Program is not null ? $"program '{Program.Name}'" : "the kernel's choice";

    public SideState ToState(PolicyText text) => new()
    {
        Generation = Generation,
        HasPrograms = !Programs.IsEmpty,
        Policy = Policy is null ? null : text.Write(Policy),
        Version = Version?.Number ?? 0,
        Since = Version?.Since,
        Fingerprint = Live is null ? null : ProgramFingerprint.Of(Live.Compiled.Program),
        Program = Program,
        Epoch = Live?.Epoch ?? SavedEpoch,
    };

    public void Dispose()
    {
        Live?.Dispose();
        LiveProgram?.Dispose();
        foreach (IBackendProgram program in Programs)
        {
            program.Dispose();
        }
    }
}
