using System.Globalization;

namespace ReuseportPS.Engine.Btf;

/// <summary>Answers relocations against a kernel: where a field of a program's own declaration is in the kernel's type of the same name, and more of that kind.</summary>
/// <param name="local">Types of the program.</param>
/// <param name="kernel">Types of the kernel; null when they are not known.</param>
internal sealed class CoreRelocator(BtfTypes local, BtfTypes? kernel)
{
    private const int MostSteps = 64; // BPF_CORE_SPEC_MAX_LEN
    private const long LargestOffset = 1L << 40;

    // Without a kernel nothing is asked of it: see NeedsTarget.
    private readonly BtfTypes _target = kernel ?? local;
    private readonly CoreTypeComparer _comparer = new(local, kernel ?? local);
    private readonly Dictionary<int, List<int>> _candidates = [];

    /// <summary>Whether the kernel's types are asked for and not known.</summary>
    internal bool NeedsTarget(CoreRelocationKind kind) => kernel is null && kind != CoreRelocationKind.TypeIdLocal;

    /// <summary>A relocation in words: <c>FieldByteOffset of 'sock' 0:1</c>.</summary>
    internal string Describe(uint typeId, uint access, CoreRelocationKind kind) =>
        $"{kind} of '{(typeId < (uint)local.Count ? local.NameOf((int)typeId) : "")}' {local.TextAt(access)}";

    /// <summary>Answers one relocation.</summary>
    /// <param name="typeId">The program's type.</param>
    /// <param name="access">Offset of the access string, numbers with colons between, in the program's strings.</param>
    /// <param name="kind">What is asked.</param>
    /// <param name="problem">Why there is no answer.</param>
    /// <param name="isAmbiguous">The kernel's types give several answers.</param>
    internal CoreResult? Resolve(uint typeId, uint access, CoreRelocationKind kind, out string problem, out bool isAmbiguous)
    {
        problem = "";
        isAmbiguous = false;
        if (typeId == 0 || typeId >= (uint)local.Count || kind > CoreRelocationKind.TypeMatches)
        {
            problem = $"It asks {(uint)kind} of type {typeId}, which is not there.";
            return null;
        }

        if (Parse((int)typeId, local.TextAt(access), kind) is not CoreAccess own)
        {
            problem = $"'{local.TextAt(access)}' is no way into '{local.NameOf((int)typeId)}'.";
            return null;
        }

        if (kind == CoreRelocationKind.TypeIdLocal)
        {
            return new CoreResult(typeId, typeId);
        }

        if (local.NameBytesOf((int)typeId).IsEmpty)
        {
            problem = "The type has no name, so that the kernel's cannot be found.";
            return null;
        }

        CoreResult? result = null;
        CoreAccess? found = null;
        foreach (int candidate in CandidatesFor((int)typeId))
        {
            if (Match(own, candidate, kind) is not CoreAccess there)
            {
                continue;
            }

            if (Calculate(kind, own, there) is not CoreResult next)
            {
                problem = $"The value cannot be computed for type {candidate} of the kernel.";
                return null;
            }

            if (result is CoreResult first && (there.BitOffset != found!.BitOffset || next.Value != first.Value || next.IsMissing != first.IsMissing))
            {
                isAmbiguous = true;
                problem = string.Create(CultureInfo.InvariantCulture, $"Types {found.RootTypeId} and {candidate} of the kernel give {first.Value} and {next.Value}.");
                return null;
            }

            (result, found) = (result ?? next, found ?? there);
        }

        if (!_comparer.Step())
        {
            problem = "The types are too entangled to be compared.";
            return null;
        }

        result ??= Calculate(kind, own, null);
        problem = result is null ? "The value cannot be computed." : "";
        return result;
    }

    private static bool IsOfField(CoreRelocationKind kind) => kind <= CoreRelocationKind.FieldRightShift;

    private static bool IsOfEnum(CoreRelocationKind kind) => kind is CoreRelocationKind.EnumValueExists or CoreRelocationKind.EnumValue;

    private static CoreAccess? Parse(BtfTypes types, int typeId, string path, CoreRelocationKind kind)
    {
        CoreAccess access = new(typeId);
        if (!IsOfField(kind) && !IsOfEnum(kind))
        {
            return path == "0" ? access : null;
        }

        string[] parts = path.Split(':', MostSteps + 1);
        int[] indices = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts.Length > MostSteps || !int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out indices[i]))
            {
                return null;
            }
        }

        if (types.Strip(typeId) is not int id)
        {
            return null;
        }

        if (IsOfEnum(kind))
        {
            access.Add(new CoreAccessStep(id, indices[0], IsNamed: true));
            return CoreTypeComparer.IsEnum(types.KindOf(id)) && indices.Length == 1 && indices[0] < types.LengthOf(id) ? access : null;
        }

        access.Add(new CoreAccessStep(id, indices[0], IsNamed: false));
        if (!Advance(types, access, id, indices[0]))
        {
            return null;
        }

        foreach (int index in indices.AsSpan(1))
        {
            if (types.Strip(id) is not int at)
            {
                return null;
            }

            BtfKind kindOf = types.KindOf(at);
            if (CoreTypeComparer.IsComposite(kindOf))
            {
                if (index >= types.LengthOf(at))
                {
                    return null;
                }

                access.BitOffset += types.BitOffsetAt(at, index);
                if (!types.NameAt(at, index).IsEmpty)
                {
                    access.Add(new CoreAccessStep(at, index, IsNamed: true));
                }

                id = types.TypeAt(at, index);
            }
            else if (kindOf == BtfKind.Array && types.Strip(types.ElementOf(at)) is int element
                && (index < types.ArrayLengthOf(at) || IsFlexible(types, access.LastStep, at)))
            {
                id = element;
                access.Add(new CoreAccessStep(id, index, IsNamed: false));
                if (!Advance(types, access, id, index))
                {
                    return null;
                }
            }
            else
            {
                return null;
            }
        }

        return access;
    }

    private static bool Advance(BtfTypes types, CoreAccess access, int elementId, int index)
    {
        if (index > 0 && types.SizeOf(elementId) is not int)
        {
            return false;
        }

        access.BitOffset += index == 0 ? 0 : (long)index * types.SizeOf(elementId)!.Value * 8;
        return access.BitOffset < LargestOffset;
    }

    // An array of no length at the end of a struct may be indexed without limit.
    private static bool IsFlexible(BtfTypes types, CoreAccessStep step, int arrayId) =>
        step.IsNamed && types.ArrayLengthOf(arrayId) == 0 && step.Index == types.LengthOf(step.TypeId) - 1;

    private static (ulong Value, int Size, int TypeId, bool IsChecked)? FieldValue(BtfTypes types, CoreAccess access, CoreRelocationKind kind)
    {
        CoreAccessStep last = access.LastStep;
        ulong byteOffset = (ulong)(access.BitOffset / 8);
        if (!last.IsNamed)
        {
            return kind switch
            {
                CoreRelocationKind.FieldByteOffset when ScalarSize(types, last.TypeId) is int size => (byteOffset, size, last.TypeId, true),
                CoreRelocationKind.FieldByteSize when types.SizeOf(last.TypeId) is int size => ((ulong)size, 0, 0, true),
                _ => null,
            };
        }

        int memberType = types.TypeAt(last.TypeId, last.Index);
        if (types.Strip(memberType) is not int fieldType || types.SizeOf(fieldType) is not int byteSize)
        {
            return null;
        }

        ulong bits = types.BitSizeAt(last.TypeId, last.Index);
        bool isBitField = bits > 0;
        if (isBitField)
        {
            // The smallest load of a power of two that has all of the bits.
            if (byteSize is not (1 or 2 or 4 or 8))
            {
                return null;
            }

            byteOffset = byteOffset / (ulong)byteSize * (ulong)byteSize;
            while ((ulong)access.BitOffset + bits - (byteOffset * 8) > (ulong)byteSize * 8)
            {
                if (byteSize >= 8)
                {
                    return null;
                }

                byteSize *= 2;
                byteOffset = (ulong)(access.BitOffset / 8) / (ulong)byteSize * (ulong)byteSize;
            }
        }
        else
        {
            bits = (ulong)byteSize * 8;
        }

        return kind switch
        {
            CoreRelocationKind.FieldByteOffset when isBitField => (byteOffset, 0, 0, false),
            CoreRelocationKind.FieldByteOffset when ScalarSize(types, fieldType) is int size => (byteOffset, size, fieldType, true),
            CoreRelocationKind.FieldByteSize => ((ulong)byteSize, 0, 0, !isBitField),
            CoreRelocationKind.FieldSigned => (IsSigned(types, fieldType) ? 1u : 0u, 0, 0, true),
            CoreRelocationKind.FieldLeftShift => (64 - ((ulong)access.BitOffset + bits - (byteOffset * 8)), 0, 0, !isBitField),
            CoreRelocationKind.FieldRightShift => (64 - bits, 0, 0, true),
            _ => null,
        };
    }

    private static bool IsSigned(BtfTypes types, int id) =>
        types.KindOf(id) == BtfKind.Integer ? (types.EncodingOf(id) & 1) != 0 : CoreTypeComparer.IsEnum(types.KindOf(id)) && types.HasFlag(id);

    // Of an array it is the element that a load reads.
    private static int? ScalarSize(BtfTypes types, int id)
    {
        for (int depth = 0; depth < MostSteps; depth++)
        {
            if (types.Strip(id) is not int at)
            {
                return null;
            }

            if (types.KindOf(at) != BtfKind.Array)
            {
                return types.SizeOf(at);
            }

            id = types.ElementOf(at);
        }

        return null;
    }

    private CoreAccess? Parse(int typeId, string path, CoreRelocationKind kind) => Parse(local, typeId, path, kind);

    private List<int> CandidatesFor(int typeId)
    {
        if (_candidates.TryGetValue(typeId, out List<int>? known))
        {
            return known;
        }

        List<int> candidates = [];
        ReadOnlySpan<byte> name = CoreTypeComparer.EssentialName(local.NameBytesOf(typeId));
        BtfKind kind = local.KindOf(typeId);
        for (int id = 1; id < _target.Count; id++)
        {
            if (CoreTypeComparer.IsSameKind(kind, _target.KindOf(id)) && _target.NameBytesOf(id) is var other && other.StartsWith(name)
                && CoreTypeComparer.EssentialName(other).SequenceEqual(name))
            {
                candidates.Add(id);
            }
        }

        _candidates.Add(typeId, candidates);
        return candidates;
    }

    private CoreAccess? Match(CoreAccess own, int candidate, CoreRelocationKind kind)
    {
        CoreAccess there = new(candidate);
        if (kind == CoreRelocationKind.TypeMatches)
        {
            return _comparer.AreMatching(own.RootTypeId, candidate) ? there : null;
        }

        if (IsOfEnum(kind))
        {
            return MatchEnumValue(own, there);
        }

        if (!IsOfField(kind))
        {
            return _comparer.AreCompatible(own.RootTypeId, candidate) ? there : null;
        }

        int id = candidate;
        for (int i = 0; i < own.Steps.Count; i++)
        {
            CoreAccessStep step = own.Steps[i];
            if (_target.Strip(id) is not int at)
            {
                return null;
            }

            if (step.IsNamed)
            {
                if (MatchMember(step, at, there, 0) is not int next)
                {
                    return null;
                }

                id = next;
                continue;
            }

            // The first index is of the pointer that the program began with; the others are of arrays.
            if (i > 0)
            {
                if (_target.KindOf(at) != BtfKind.Array || (step.Index >= _target.ArrayLengthOf(at) && !IsFlexible(_target, there.LastStep, at))
                    || _target.Strip(_target.ElementOf(at)) is not int element)
                {
                    return null;
                }

                at = element;
            }

            id = at;
            there.Add(new CoreAccessStep(id, step.Index, IsNamed: false));
            if (!Advance(_target, there, id, step.Index))
            {
                return null;
            }
        }

        return there;
    }

    private CoreAccess? MatchEnumValue(CoreAccess own, CoreAccess there)
    {
        if (_target.Strip(there.RootTypeId) is not int id || !CoreTypeComparer.IsEnum(_target.KindOf(id)))
        {
            return null;
        }

        ReadOnlySpan<byte> name = CoreTypeComparer.EssentialName(local.NameAt(own.LastStep.TypeId, own.LastStep.Index));
        for (int i = 0; i < _target.LengthOf(id); i++)
        {
            if (CoreTypeComparer.EssentialName(_target.NameAt(id, i)).SequenceEqual(name))
            {
                there.Add(new CoreAccessStep(id, i, IsNamed: true));
                return there;
            }
        }

        return null;
    }

    // The type of the member that is found; anonymous structs and unions are looked into.
    private int? MatchMember(CoreAccessStep step, int structId, CoreAccess there, int depth)
    {
        if (depth >= MostSteps || _target.Strip(structId) is not int id || !CoreTypeComparer.IsComposite(_target.KindOf(id)))
        {
            return null;
        }

        ReadOnlySpan<byte> name = local.NameAt(step.TypeId, step.Index);
        for (int i = 0; i < _target.LengthOf(id) && _comparer.Step(); i++)
        {
            ReadOnlySpan<byte> other = _target.NameAt(id, i);
            uint offset = _target.BitOffsetAt(id, i);
            if (other.IsEmpty)
            {
                there.BitOffset += offset;
                if (MatchMember(step, _target.TypeAt(id, i), there, depth + 1) is int inner)
                {
                    return inner;
                }

                there.BitOffset -= offset;
            }
            else if (other.SequenceEqual(name))
            {
                if (!_comparer.AreFieldsCompatible(local.TypeAt(step.TypeId, step.Index), _target.TypeAt(id, i)))
                {
                    return null;
                }

                there.BitOffset += offset;
                there.Add(new CoreAccessStep(id, i, IsNamed: true));
                return _target.TypeAt(id, i);
            }
        }

        return null;
    }

    private CoreResult? Calculate(CoreRelocationKind kind, CoreAccess own, CoreAccess? there)
    {
        switch (kind)
        {
            case CoreRelocationKind.FieldExists or CoreRelocationKind.EnumValueExists or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeMatches:
                return new CoreResult(1, there is null ? 0u : 1u) { IsChecked = true };
            case CoreRelocationKind.TypeIdTarget:
                return new CoreResult((ulong)own.RootTypeId, (ulong)(there?.RootTypeId ?? 0));
            case CoreRelocationKind.TypeSize:
                return local.SizeOf(own.RootTypeId) is int size && (there is null ? 0 : _target.SizeOf(there.RootTypeId)) is int other
                    ? new CoreResult((ulong)size, (ulong)other) { IsChecked = true }
                    : null;
            case CoreRelocationKind.EnumValue:
                ulong original = local.ValueAt(own.LastStep.TypeId, own.LastStep.Index);
                return there is null
                    ? new CoreResult(original, 0) { IsMissing = true }
                    : new CoreResult(original, _target.ValueAt(there.LastStep.TypeId, there.LastStep.Index)) { IsChecked = true };
            default:
                return CalculateField(kind, own, there);
        }
    }

    private CoreResult? CalculateField(CoreRelocationKind kind, CoreAccess own, CoreAccess? there)
    {
        if (FieldValue(local, own, kind) is not { } before)
        {
            return null;
        }

        if (there is null)
        {
            return new CoreResult(before.Value, 0) { IsMissing = true };
        }

        if (FieldValue(_target, there, kind) is not { } after)
        {
            return null;
        }

        bool hasOtherSize = before.Size != after.Size;
        return new CoreResult(before.Value, after.Value)
        {
            IsChecked = before.IsChecked,
            OriginalSize = before.Size,
            Size = after.Size,
            IsSizeWrong = hasOtherSize && !MayResize(before.TypeId, after.TypeId),
        };
    }

    // Pointers and unsigned integers are zero-extended by any load; others would change.
    private bool MayResize(int localId, int targetId) =>
        local.Strip(localId) is int one && _target.Strip(targetId) is int other
        && ((local.KindOf(one) == BtfKind.Pointer && _target.KindOf(other) == BtfKind.Pointer)
            || (local.KindOf(one) == BtfKind.Integer && _target.KindOf(other) == BtfKind.Integer
                && (local.EncodingOf(one) & 1) == 0 && (_target.EncodingOf(other) & 1) == 0));
}
