namespace ReuseportPS.Engine.Policies;

/// <summary>A named list of prefixes. Its contents are data: editing it needs no new program.</summary>
/// <param name="Name">Name, unique in the policy.</param>
/// <param name="Prefixes">The prefixes.</param>
public sealed record AddressList(string Name, EquatableArray<AddressPrefix> Prefixes);
