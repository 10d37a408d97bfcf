namespace ReuseportPS.Engine.Btf;

/// <summary>Whether a type of a program and one of a kernel are the same for the purposes of relocation (libbpf's rules; qualifiers and typedefs do not count).</summary>
/// <param name="local">Types of the program.</param>
/// <param name="target">Types of the kernel.</param>
internal sealed class CoreTypeComparer(BtfTypes local, BtfTypes target)
{
    private const int MostSteps = 20_000_000;
    private const int MostDepth = 32;
    private int _steps;

    /// <summary>Counts a step; false when the types of an object are too entangled to be compared.</summary>
    internal bool Step() => ++_steps <= MostSteps;

    /// <summary>Part of a name before the last <c>___</c>: what is after it tells apart versions of one type.</summary>
    internal static ReadOnlySpan<byte> EssentialName(ReadOnlySpan<byte> name)
    {
        for (int i = name.Length - 5; i >= 0; i--)
        {
            if (name[i] != '_' && name[i + 1] == '_' && name[i + 2] == '_' && name[i + 3] == '_' && name[i + 4] != '_')
            {
                return name[..(i + 1)];
            }
        }

        return name;
    }

    internal static bool IsEnum(BtfKind kind) => kind is BtfKind.Enum or BtfKind.Enum64;

    internal static bool IsComposite(BtfKind kind) => kind is BtfKind.Struct or BtfKind.Union;

    internal static bool IsSameKind(BtfKind one, BtfKind other) => one == other || (IsEnum(one) && IsEnum(other));

    /// <summary>Whether a field of one type may be read as the other's.</summary>
    internal bool AreFieldsCompatible(int localId, int targetId)
    {
        for (int depth = 0; depth < MostDepth; depth++)
        {
            if (local.Strip(localId) is not int one || target.Strip(targetId) is not int other)
            {
                return false;
            }

            BtfKind kind = local.KindOf(one);
            if (IsComposite(kind) && IsComposite(target.KindOf(other)))
            {
                return true;
            }

            if (!IsSameKind(kind, target.KindOf(other)))
            {
                return false;
            }

            switch (kind)
            {
                case BtfKind.Pointer or BtfKind.Float:
                    return true;
                case BtfKind.Forward or BtfKind.Enum or BtfKind.Enum64:
                    return NamesMatch(local.NameBytesOf(one), target.NameBytesOf(other), anyIfAnonymous: true);
                case BtfKind.Integer:
                    return local.IntegerOffsetOf(one) == 0 && target.IntegerOffsetOf(other) == 0;
                case BtfKind.Array:
                    (localId, targetId) = (local.ElementOf(one), target.ElementOf(other));
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    /// <summary>Whether two types of the same name are of the same kind all the way down; members are not looked at.</summary>
    internal bool AreCompatible(int localId, int targetId, int level = MostDepth)
    {
        for (int depth = 0; depth < MostDepth; depth++)
        {
            if (!Step() || local.Strip(localId) is not int one || target.Strip(targetId) is not int other || !IsSameKind(local.KindOf(one), target.KindOf(other)))
            {
                return false;
            }

            switch (local.KindOf(one))
            {
                case BtfKind.Void or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Forward:
                    return true;
                case BtfKind.Integer:
                    return local.IntegerOffsetOf(one) == 0 && target.IntegerOffsetOf(other) == 0;
                case BtfKind.Pointer:
                    (localId, targetId) = (local.SizeOrTypeOf(one), target.SizeOrTypeOf(other));
                    break;
                case BtfKind.Array:
                    (localId, targetId) = (local.ElementOf(one), target.ElementOf(other));
                    break;
                case BtfKind.FunctionPrototype:
                    if (level <= 0 || local.LengthOf(one) != target.LengthOf(other))
                    {
                        return false;
                    }

                    for (int i = 0; i < local.LengthOf(one); i++)
                    {
                        if (!AreCompatible(local.TypeAt(one, i), target.TypeAt(other, i), level - 1))
                        {
                            return false;
                        }
                    }

                    (localId, targetId) = (local.SizeOrTypeOf(one), target.SizeOrTypeOf(other));
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    /// <summary>Whether every part of a type is in the other, by name and kind (BPF_CORE_TYPE_MATCHES).</summary>
    internal bool AreMatching(int localId, int targetId, bool isBehindPointer = false, int level = MostDepth)
    {
        for (int depth = 0; depth < MostDepth; depth++)
        {
            if (level <= 0 || !Step() || local.Strip(localId) is not int one || target.Strip(targetId) is not int other
                || !NamesMatch(local.NameBytesOf(one), target.NameBytesOf(other), anyIfAnonymous: false))
            {
                return false;
            }

            BtfKind kind = local.KindOf(one);
            BtfKind otherKind = target.KindOf(other);
            switch (kind)
            {
                case BtfKind.Void:
                    return otherKind == kind;
                case BtfKind.Forward when otherKind == kind:
                    return local.HasFlag(one) == target.HasFlag(other);
                case BtfKind.Forward:
                    return isBehindPointer && otherKind == (local.HasFlag(one) ? BtfKind.Union : BtfKind.Struct);
                case BtfKind.Enum or BtfKind.Enum64:
                    return IsEnum(otherKind) && AreEnumsMatching(one, other);
                case BtfKind.Struct or BtfKind.Union when isBehindPointer:
                    return otherKind == kind || (otherKind == BtfKind.Forward && target.HasFlag(other) == (kind == BtfKind.Union));
                case BtfKind.Struct or BtfKind.Union:
                    return otherKind == kind && AreMembersMatching(one, other, level);
                case BtfKind.Integer:
                    return otherKind == kind && local.SizeOrTypeOf(one) == target.SizeOrTypeOf(other) && ((local.EncodingOf(one) ^ target.EncodingOf(other)) & 1) == 0;
                case BtfKind.Pointer when otherKind == kind:
                    isBehindPointer = true;
                    (localId, targetId) = (local.SizeOrTypeOf(one), target.SizeOrTypeOf(other));
                    break;
                case BtfKind.Array when otherKind == kind && local.ArrayLengthOf(one) == target.ArrayLengthOf(other):
                    (localId, targetId) = (local.ElementOf(one), target.ElementOf(other));
                    break;
                case BtfKind.FunctionPrototype when otherKind == kind && local.LengthOf(one) == target.LengthOf(other):
                    for (int i = 0; i < local.LengthOf(one); i++)
                    {
                        if (!AreMatching(local.TypeAt(one, i), target.TypeAt(other, i), isBehindPointer, level - 1))
                        {
                            return false;
                        }
                    }

                    (localId, targetId) = (local.SizeOrTypeOf(one), target.SizeOrTypeOf(other));
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private static bool NamesMatch(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, bool anyIfAnonymous)
    {
        one = EssentialName(one);
        other = EssentialName(other);
        return (anyIfAnonymous && (one.IsEmpty || other.IsEmpty)) || one.SequenceEqual(other);
    }

    private bool AreEnumsMatching(int one, int other)
    {
        if (local.SizeOrTypeOf(one) != target.SizeOrTypeOf(other))
        {
            return false;
        }

        for (int i = 0; i < local.LengthOf(one); i++)
        {
            bool isThere = false;
            for (int j = 0; j < target.LengthOf(other) && !isThere && Step(); j++)
            {
                isThere = NamesMatch(local.NameAt(one, i), target.NameAt(other, j), anyIfAnonymous: false);
            }

            if (!isThere)
            {
                return false;
            }
        }

        return true;
    }

    private bool AreMembersMatching(int one, int other, int level)
    {
        for (int i = 0; i < local.LengthOf(one); i++)
        {
            bool isThere = false;
            for (int j = 0; j < target.LengthOf(other) && !isThere && Step(); j++)
            {
                isThere = NamesMatch(local.NameAt(one, i), target.NameAt(other, j), anyIfAnonymous: false)
                    && AreMatching(local.TypeAt(one, i), target.TypeAt(other, j), isBehindPointer: false, level - 1);
            }

            if (!isThere)
            {
                return false;
            }
        }

        return true;
    }
}
