using System.Security.Cryptography;
using System.Text;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>A policy that a group had, as it was last in force: with the weights that were set since.</summary>
/// <param name="Number">Counts the policies that were applied to the group, from 1.</param>
/// <param name="Since">When it was applied; null when a version of this project applied it that did not keep that.</param>
/// <param name="Text">The policy as text.</param>
public sealed record PolicyVersion(int Number, DateTimeOffset? Since, string Text)
{
    /// <summary>Most that a group remembers, the present one apart.</summary>
    public const int MostKept = 10;

    /// <summary>Most characters of all that a group remembers; the last one is kept however long it is.</summary>
    public const int MostText = 1 << 20;

    /// <summary>The first 12 digits of the SHA-256 of the text, in hex.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..12];
}
