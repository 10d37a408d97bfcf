namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>A policy in the history of a <see cref="GroupEdit"/>; without text it is the one with that number that the state knows.</summary>
internal sealed record EditedVersion(int Number, DateTimeOffset? Since = null, string? Text = null);
