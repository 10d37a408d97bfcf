using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>A policy that a group has or had.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Backend">Where the group lives.</param>
/// <param name="Version">Its number: Restore-SteeringPolicy -Version puts it back.</param>
/// <param name="IsPresent">Whether the group has it now.</param>
/// <param name="Since">When it was applied; null where that was not kept. A simulator begins in 1970.</param>
/// <param name="Policy">The policy, with the weights that it had at last.</param>
/// <param name="Hash">The first digits of the SHA-256 of its text: equal policies have equal ones.</param>
public sealed record SteeringPolicyVersion(string Group, BackendKind Backend, int Version, bool IsPresent, DateTimeOffset? Since, SteeringPolicy Policy, string Hash);
