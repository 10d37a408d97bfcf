namespace ReuseportPS.Engine.Policies;

/// <summary><c>cookie:</c> eight bytes that are the cookie of the worker's socket, the most significant first, as nginx has them. Which cookie sits where is data.</summary>
/// <param name="At">Where in the id they are.</param>
public sealed record CookieLayout(int At) : IdLayout
{
    internal override int From => At;

    internal override int Size => sizeof(ulong);
}
