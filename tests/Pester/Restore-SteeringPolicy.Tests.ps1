BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/a.yaml "version: 1`npolicy: a`notherwise: { by: weighted, weights: { 0: 1, 1: 1 } }"
    Set-Content TestDrive:/b.yaml "version: 1`npolicy: b`notherwise: { by: slot, slot: 2 }"
    Set-Content TestDrive:/c.yaml "version: 1`npolicy: c`notherwise: { by: slot, slot: 3 }"
}

Describe 'Restore-SteeringPolicy' {
    BeforeEach {
        Set-ReuseportBackend Simulator -Seed 1
        $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
    }

    It 'puts the policy before back, with the weights that it had, and there again' {
        $null = Set-SocketSlot web 0 -Weight 3
        $null = Set-SteeringPolicy web TestDrive:/b.yaml
        $change = Restore-SteeringPolicy web
        "$($change.Policy) $($change.Change)" | Should -BeExactly 'a Program'
        (Get-SocketSlot web -Slot 0).Share | Should -Be 0.75
        (Restore-SteeringPolicy web).Policy | Should -BeExactly 'b'
    }

    It 'puts back one of the history by its number' {
        $null = Set-SteeringPolicy web TestDrive:/b.yaml
        $null = Set-SteeringPolicy web TestDrive:/c.yaml
        $history = @(Get-SteeringPolicy web -History)
        $history.Version | Should -Be 1, 2, 3
        $history.Policy.Name | Should -Be 'a', 'b', 'c'
        $history.IsPresent | Should -Be $false, $false, $true
        (Restore-SteeringPolicy web -Version 1).Policy | Should -BeExactly 'a'
        (Get-SteeringPolicy web).Version | Should -Be 4
        @(Get-SteeringPolicy web -History).Policy.Name | Should -Be 'b', 'c', 'a'
    }

    It 'puts back a policy that was removed' {
        Remove-SteeringPolicy web
        (Restore-SteeringPolicy web).Policy | Should -BeExactly 'a'
    }

    It 'returns at once from a policy that waits to be confirmed' {
        $null = Set-SteeringPolicy web TestDrive:/b.yaml -ConfirmWithin 60s
        (Restore-SteeringPolicy web).Policy | Should -BeExactly 'a'
        $applied = Get-SteeringPolicy web
        "$($applied.Policy.Name) $($applied.State)" | Should -BeExactly 'a Active'
        { Restore-SteeringPolicy web -ErrorAction Stop } | Should -Throw -ErrorId 'NoFormerPolicy,*'
    }

    It 'changes nothing with -WhatIf, and previews' {
        $null = Set-SteeringPolicy web TestDrive:/b.yaml
        $before = (Get-ReuseportGroup web).ProgramId
        $null = Restore-SteeringPolicy web -WhatIf
        (Get-ReuseportGroup web).ProgramId | Should -Be $before
        (Get-SteeringPolicy web).Policy.Name | Should -BeExactly 'b'
    }

    It 'says what it does not remember' {
        { Restore-SteeringPolicy web -ErrorAction Stop } | Should -Throw -ErrorId 'NoFormerPolicy,*'
        { Restore-SteeringPolicy web -Version 7 -ErrorAction Stop } | Should -Throw -ErrorId 'NoFormerPolicy,*'
        { Restore-SteeringPolicy web -Foreign -ErrorAction Stop } | Should -Throw -ErrorId 'NothingReplaced,*'
        { Restore-SteeringPolicy nothing -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound,*'
    }
}
