namespace ReuseportPS.Shell;

/// <summary>The staged module cannot be found; the message names the place and the remedy.</summary>
public sealed class ModuleNotBuiltException(string message) : Exception(message);
